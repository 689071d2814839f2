//! `GET /keys`: the signing keys, and the verifiers that have them.

use serde_json::json;
use service_kit::testing::{error, send};
use shared::UnixTime;

use super::{fetch_keys_as, kids, node, report};
use crate::support::Database;

on_both_databases!(only_admins_can_manage_keys, the_report_lists_stages_and_the_verifiers_that_lack_a_key,);

async fn only_admins_can_manage_keys(database: Database) {
    let app = node(&database).await;
    let user = app.token_of_new("john").await;

    for (method, path) in [("GET", "/keys"), ("POST", "/keys/rotate"), ("POST", "/keys/x/withdraw")] {
        let anonymous = send(app.request(method, path).json(&json!({}))).await;
        let user = send(app.request(method, path).json(&json!({})).bearer_auth(&user)).await;

        assert_eq!(anonymous.error(), error(401, "missing_token", "Missing Authorization Header"), "{path}");
        assert_eq!(user.error(), error(403, "forbidden", "Admin access required"), "{path}");
    }
    assert_eq!(kids(&app).await.len(), 1);
}

async fn the_report_lists_stages_and_the_verifiers_that_lack_a_key(database: Database) {
    let app = node(&database).await;
    let kid = kids(&app).await.remove(0);
    let etag = fetch_keys_as(&app, "replica-1", "").await.header("etag").unwrap().to_owned();
    fetch_keys_as(&app, "replica-1", &etag).await;
    fetch_keys_as(&app, "replica-2", "\"invented\"").await;

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
