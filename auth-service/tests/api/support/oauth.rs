//! Requests to the OAuth routes.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use service_kit::testing::{Api, Response, send};

use super::Database;

/// The secret of every client that [`insert_client`] inserts.
pub const CLIENT_SECRET: &str = "cs1.the-secret";

/// Inserts a client without the service.
pub fn insert_client(database: &Database, id: &str, scopes: &str) {
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, CLIENT_SECRET.as_bytes()));
    let columns = "INSERT INTO clients (id, secret_hash, scopes, created_at) VALUES";
    database.execute(&format!("{columns} ('{id}', '{hash}', '{scopes}', 1)"));
}

/// Posts a form, as the client with this id or without authentication.
pub async fn form(api: &Api, path: &str, client: Option<&str>, body: &str) -> Response {
    let request = api.request("POST", path).header("Content-Type", "application/x-www-form-urlencoded");
    let request = request.body(body.to_owned());
    send(match client {
        Some(id) => request.basic_auth(id, Some(CLIENT_SECRET)),
        None => request,
    })
    .await
}

/// The access token of a client.
pub async fn client_token(api: &Api, id: &str) -> String {
    let response = form(api, "/oauth/token", Some(id), "grant_type=client_credentials").await;
    response.json()["access_token"].as_str().unwrap().to_owned()
}

/// Status and code of an OAuth error, which has our `message` too and must not be cached.
pub fn oauth_error(response: &Response) -> (u16, String) {
    let body = response.json();
    assert_eq!(body["error_description"], body["message"], "{response:?}");
    assert!(body["message"].is_string(), "{response:?}");
    assert_eq!(response.header("cache-control"), Some("no-store"), "{response:?}");
    (response.status, body["error"].as_str().unwrap().to_owned())
}

/// The claims of a token, as JSON.
pub fn payload_of(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
