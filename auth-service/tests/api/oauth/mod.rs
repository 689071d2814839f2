//! `POST /oauth/token`, `POST /oauth/revoke` and `POST /oauth/introspect`.

mod introspect;
mod public_clients;
mod revoke;
mod token;

use serde_json::Value;

use crate::support::{Database, TestApp, form, insert_client};

const ID: &str = "reports@clients";
const INTROSPECT: &str = "/oauth/introspect";

async fn app(database: &Database) -> TestApp {
    let app = TestApp::spawn(database.clone()).await;
    insert_client(database, ID, "reports:read reports:write");
    app
}

async fn tokens_of(app: &TestApp, username: &str) -> (String, String) {
    let tokens = app.log_in(username).await.json();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn introspect(app: &TestApp, token: &str) -> Value {
    form(app, INTROSPECT, Some(ID), &format!("token={token}")).await.json()
}
