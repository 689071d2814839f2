//! What ends a browser session, and is informed to its applications.

use serde_json::{Value, json};
use service_kit::testing::{Response, eventually, send};

use super::{Receiver, app, log_in, sids, until_waiting};
use crate::support::{Database, PASSWORD, TestApp, payload_of};

on_both_databases!(
    row_60_an_admins_revocation_is_reported,
    row_60_a_changed_password_is_reported,
    row_60_a_disabled_user_is_reported,
    row_60_a_deleted_user_is_reported,
);

/// The application is informed of the end of alice's session when that happens.
async fn reported(database: Database, change: impl AsyncFnOnce(&TestApp) -> Response) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    let id_token: Value = payload_of(log_in(&app).await["id_token"].as_str().unwrap());

    let answer = change(&app).await;
    assert!((200..300).contains(&answer.status), "{answer:?}");
    eventually(async || receiver.received().pop()).await;
    until_waiting(&database, &[]).await;

    assert_eq!(sids(&receiver.received()), [id_token["sid"].as_str().unwrap()]);
    assert_eq!(receiver.received()[0].claims()["sub"], id_token["sub"]);
}

async fn row_60_an_admins_revocation_is_reported(database: Database) {
    reported(database, async |app| send(as_admin(app, "POST", "/users/alice/revoke-sessions").await).await).await;
}

async fn row_60_a_changed_password_is_reported(database: Database) {
    reported(database, async |app| {
        let token = app.token_of("alice").await;
        let body = json!({ "current_password": PASSWORD, "new_password": "another battery staple" });
        send(app.request("PUT", "/me/password").bearer_auth(token).json(&body)).await
    })
    .await;
}

async fn row_60_a_disabled_user_is_reported(database: Database) {
    reported(database, async |app| {
        let request = as_admin(app, "PATCH", "/users/alice").await;
        send(request.json(&json!({ "disabled": true }))).await
    })
    .await;
}

async fn row_60_a_deleted_user_is_reported(database: Database) {
    reported(database, async |app| send(as_admin(app, "DELETE", "/users/alice").await).await).await;
}

async fn as_admin(app: &TestApp, method: &str, path: &str) -> reqwest::RequestBuilder {
    let token = app.token_of("admin").await;
    app.request(method, path).bearer_auth(token)
}
