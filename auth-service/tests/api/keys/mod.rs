//! The lifecycle of signing keys: `GET /keys`, `POST /keys/rotate`, `POST /keys/{kid}/withdraw`, and automatic rotation.

mod nodes;
mod report;
mod rotation;
mod verifiers;
mod withdrawal;

use serde_json::{Value, json};
use service_kit::testing::{Response, send};
use shared::keys::VERIFIER_HEADER;

use crate::support::{Database, TestApp, and_admin, config_with_own_keys};

const JWKS: &str = "/.well-known/jwks.json";

/// A node whose keys are in the database, and whose admin is `admin`.
async fn node(database: &Database) -> TestApp {
    TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(database))).await
}

async fn rotate(app: &TestApp, force: bool) -> Response {
    let form = if force { json!({ "force": true }) } else { json!({}) };
    app.post_as(&app.token_of("admin").await, "/keys/rotate", &form).await
}

async fn withdraw(app: &TestApp, kid: &str) -> Response {
    let token = app.token_of("admin").await;
    send(app.request("POST", &format!("/keys/{kid}/withdraw")).bearer_auth(token)).await
}

/// The response to `GET /keys`.
async fn report(app: &TestApp) -> Value {
    app.get_as(&app.token_of("admin").await, "/keys").await.json()
}

fn stages(report: &Value) -> Vec<String> {
    let keys = report["keys"].as_array().unwrap().iter();
    keys.map(|key| key["stage"].as_str().unwrap().to_owned()).collect()
}

/// The ids of the published keys of access tokens, in their order. As many keys of ID tokens follow.
async fn kids(app: &TestApp) -> Vec<String> {
    let jwks = app.get(JWKS).await.json();
    let keys = jwks["keys"].as_array().unwrap();
    keys[..keys.len() / 2].iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Fetches the keys as a verifier that holds the set with this entity tag.
async fn fetch_keys_as(app: &TestApp, instance: &str, etag: &str) -> Response {
    send(app.request("GET", JWKS).header(VERIFIER_HEADER, instance).header("If-None-Match", etag)).await
}
