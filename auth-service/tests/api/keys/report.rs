//! `GET /keys`: the signing keys, and the verifiers that have them.

use serde_json::json;
use service_kit::testing::{error, send};
use shared::UnixTime;

use super::{ask_as, kids, node, report};
use crate::support::Database;

on_both_databases!(keys_are_for_admins_only, the_report_has_the_stage_of_each_key_and_its_holders,);

async fn keys_are_for_admins_only(database: Database) {
    let app = node(&database).await;
    let user = app.token_of_new("john").await;

    for (method, path) in [("GET", "/keys"), ("POST", "/keys/rotate"), ("POST", "/keys/x/withdraw")] {
        let stranger = send(app.request(method, path).json(&json!({}))).await;
        let user = send(app.request(method, path).json(&json!({})).bearer_auth(&user)).await;

        assert_eq!(stranger.error(), error(401, "missing_token", "Missing Authorization Header"), "{path}");
        assert_eq!(user.error(), error(403, "forbidden", "Admin access required"), "{path}");
    }
    assert_eq!(kids(&app).await.len(), 1);
}

async fn the_report_has_the_stage_of_each_key_and_its_holders(database: Database) {
    let app = node(&database).await;
    let kid = kids(&app).await.remove(0);
    let etag = ask_as(&app, "replica-1", "").await.header("etag").unwrap().to_owned();
    ask_as(&app, "replica-1", &etag).await;
    ask_as(&app, "replica-2", "\"invented\"").await;

    let mut report = report(&app).await;

    let now = UnixTime::now().seconds();
    for time in ["/keys/0/created_at", "/keys/0/active_from", "/verifiers/0/seen_at", "/verifiers/1/seen_at"] {
        let seconds = report.pointer_mut(time).unwrap().take().as_i64().unwrap();
        assert!((now - 60..=now).contains(&seconds), "{time}: {seconds}");
    }
    let expected = json!({
        "keys": [{
            "kid": kid, "stage": "current", "created_at": null, "active_from": null, "forget_at": null,
            "lacking": ["replica-2"],
        }],
        "verifiers": [
            { "instance": "replica-1", "seen_at": null, "holds": [kid] },
            { "instance": "replica-2", "seen_at": null, "holds": [] },
        ],
    });
    assert_eq!(report, expected);
}
