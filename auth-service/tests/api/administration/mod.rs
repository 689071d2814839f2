//! Admins manage accounts: `/users/{username}` and below, and `POST /password-reset`.

mod accounts;
mod changes;
mod last_admin;
mod password_reset;

use serde_json::{Value, json};
use service_kit::testing::{Response, send};

use crate::support::{Database, TestApp};

async fn patch(app: &TestApp, token: &str, name: &str, change: &Value) -> Response {
    send(app.request("PATCH", &format!("/users/{name}")).bearer_auth(token).json(change)).await
}

async fn delete(app: &TestApp, token: &str, name: &str) -> Response {
    send(app.request("DELETE", &format!("/users/{name}")).bearer_auth(token)).await
}

pub async fn reset_token(app: &TestApp, token: &str, name: &str) -> String {
    let request = app.request("POST", &format!("/users/{name}/password-reset")).bearer_auth(token);
    send(request).await.json()["reset_token"].as_str().unwrap().to_owned()
}

pub async fn use_token(app: &TestApp, token: &str, password: &str) -> Response {
    app.post("/password-reset", &json!({ "token": token, "password": password })).await
}

/// The audit log's actions and subjects, without logins and logouts.
fn actions(database: &Database) -> Vec<String> {
    database.rows(
        "SELECT action || ' ' || COALESCE(subject, '') AS text FROM audit_log WHERE action NOT LIKE 'log%' ORDER BY id",
    )
}
