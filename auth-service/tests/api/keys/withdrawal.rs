//! `POST /keys/{kid}/withdraw`.

use serde_json::{Value, json};
use service_kit::testing::error;
use shared::testing::kid_of;

use super::{kids, node, report, rotate, stages, withdraw};
use crate::support::Database;

on_both_databases!(
    withdrawing_the_current_key_removes_it_immediately_and_another_signs,
    withdrawing_the_current_key_activates_the_next_one,
    withdrawing_the_next_key_keeps_the_current_one,
    an_unpublished_key_cannot_be_withdrawn,
);

async fn withdrawing_the_current_key_removes_it_immediately_and_another_signs(database: Database) {
    let app = node(&database).await;
    let old = app.token_of("admin").await;

    let withdrawn = withdraw(&app, &kid_of(&old)).await;

    let new = app.token_of("admin").await;
    assert_eq!((withdrawn.status, withdrawn.json()), (200, json!({ "current": kid_of(&new) })));
    assert_eq!(kids(&app).await, [kid_of(&new)]);
    assert_eq!(app.get_as(&old, "/me").await.error(), error(401, "invalid_token", "Invalid token"));
    assert_eq!(app.get_as(&new, "/me").await.status, 200);
    let mut stages = stages(&report(&app).await);
    stages.sort();
    assert_eq!(stages, ["current", "gone"]);
}

async fn withdrawing_the_current_key_activates_the_next_one(database: Database) {
    let app = node(&database).await;
    let old = app.token_of("admin").await;
    let next = rotate(&app, false).await.json()["next"].take();

    let withdrawn = withdraw(&app, &kid_of(&old)).await;

    assert_eq!((withdrawn.status, withdrawn.json()), (200, json!({ "current": next })));
    assert_eq!(json!(kids(&app).await), json!([next]));
    assert_eq!(kid_of(&app.token_of("admin").await), next);
    assert_eq!(app.get_as(&old, "/me").await.status, 401);
}

async fn withdrawing_the_next_key_keeps_the_current_one(database: Database) {
    let app = node(&database).await;
    let current = kids(&app).await.remove(0);
    let next = rotate(&app, false).await.json()["next"].as_str().unwrap().to_owned();
    let end_then = report(&app).await["keys"][0]["forget_at"].take();

    let withdrawn = withdraw(&app, &next).await;

    assert_eq!((withdrawn.status, withdrawn.json()), (200, json!({ "current": current })));
    assert!(end_then.is_i64(), "{end_then}");
    let key = report(&app).await["keys"][0].take();
    assert_eq!((&key["kid"], &key["stage"], &key["forget_at"]), (&json!(current), &json!("current"), &Value::Null));
    assert_eq!(kids(&app).await, [current]);
}

async fn an_unpublished_key_cannot_be_withdrawn(database: Database) {
    let app = node(&database).await;
    let first = kids(&app).await.remove(0);
    withdraw(&app, &first).await;
    let second = kids(&app).await;

    for kid in ["unknown", &first] {
        let response = withdraw(&app, kid).await;

        assert_eq!((response.status, response.error().1), (404, "not_found".to_owned()), "{kid}");
    }
    assert_eq!(kids(&app).await, second);
}
