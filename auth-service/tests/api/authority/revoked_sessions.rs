//! A session that has ended counts as ended before the status list of its tokens says so.

use serde_json::json;
use service_kit::testing::send;

use super::{spawn, state, token_of_boss};
use crate::support::{Database, PASSWORD, claims_of};

on_both_databases!(a_session_that_has_ended_neither_reads_nor_changes_anything);

async fn a_session_that_has_ended_neither_reads_nor_changes_anything(database: Database) {
    let app = spawn(&database).await;
    let boss = token_of_boss(&app, &database).await;
    let before = state(&database);
    // As another node ends it, before this one has read the status list again.
    let session = claims_of(&boss).sid.unwrap();
    database.execute(&format!("UPDATE sessions SET revoked_at = 1 WHERE id = '{session}'"));

    for (method, path, body) in [
        ("GET", "/users", json!({})),
        ("GET", "/users/john", json!({})),
        ("GET", "/audit", json!({})),
        ("GET", "/keys", json!({})),
        ("GET", "/sessions", json!({})),
        ("PATCH", "/users/john", json!({ "role": "admin" })),
        ("DELETE", "/users/john", json!({})),
        ("POST", "/users/john/password-reset", json!({})),
        ("POST", "/users/john/revoke-sessions", json!({})),
        ("POST", "/register", json!({ "username": "eve", "password": PASSWORD, "role": "admin" })),
        ("POST", "/keys/rotate", json!({ "force": true })),
        ("POST", "/keys/x/withdraw", json!({})),
        ("PUT", "/me/password", json!({ "current_password": PASSWORD, "new_password": "another horse" })),
        ("DELETE", "/me", json!({ "password": PASSWORD })),
        ("POST", "/logout-all", json!({})),
        ("POST", "/reauthenticate", json!({ "password": PASSWORD })),
    ] {
        let response = send(app.request(method, path).bearer_auth(&boss).json(&body)).await;

        assert_eq!(response.code(), (401, "token_revoked"), "{method} {path}");
    }
    let introspection = app.request("POST", "/oauth/introspect").bearer_auth(&boss);
    let introspection = introspection.header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(send(introspection.body(format!("token={boss}"))).await.status, 401);
    assert_eq!(state(&database), before);
    assert_eq!(app.log_in("boss").await.status, 200);
}
