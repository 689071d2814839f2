//! The token client of `shared` against the real service.

use futures_util::future::join_all;
use shared::client::{Credentials, IssuerUrl, SendError, TokenClient, TokenError, TokenProblem};

use crate::support::{CLIENT_SECRET, Database, PASSWORD, TestApp, form, insert_client, payload_of};

on_both_databases!(
    many_calls_of_a_user_share_one_session,
    a_new_session_replaces_one_that_has_ended,
    a_client_renews_its_token_with_its_secret,
    a_wrong_secret_is_rejected_with_invalid_client,
);

const ID: &str = "reports@clients";

fn client(app: &TestApp, credentials: Credentials) -> TokenClient {
    TokenClient::new(&IssuerUrl::parse(app.url(), false).unwrap(), credentials).unwrap()
}

async fn token(tokens: &TokenClient) -> String {
    tokens.access_token().await.unwrap().expose().to_owned()
}

/// The next token, as if the current one had been rejected.
async fn next_token(tokens: &TokenClient) -> String {
    let rejected = tokens.access_token().await.unwrap();
    tokens.replace_access_token(&rejected).await.unwrap().expose().to_owned()
}

fn sessions(database: &Database) -> Vec<String> {
    database.rows("SELECT CAST(generation AS TEXT) AS text FROM sessions ORDER BY id")
}

async fn many_calls_of_a_user_share_one_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let tokens = client(&app, Credentials::password("admin", PASSWORD));
    let me = async || tokens.send(app.request("GET", "/me")).await.unwrap().status().as_u16();

    let first = join_all((0..20).map(|_| me())).await;
    let old = token(&tokens).await;
    let new = next_token(&tokens).await;
    let second = join_all((0..20).map(|_| me())).await;

    assert!(first.iter().chain(&second).all(|status| *status == 200), "{first:?} {second:?}");
    assert_eq!(sessions(&database), ["2"], "one login, one refresh");
    assert_eq!(payload_of(&new)["sid"], payload_of(&old)["sid"]);
}

async fn a_new_session_replaces_one_that_has_ended(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let tokens = client(&app, Credentials::password("admin", PASSWORD));
    let old = token(&tokens).await;
    assert_eq!(app.post_as(&old, "/logout", &serde_json::Value::Null).await.status, 200);

    let new = next_token(&tokens).await;

    assert_ne!(payload_of(&new)["sid"], payload_of(&old)["sid"]);
    assert_eq!(sessions(&database), ["1", "1"]);
}

async fn a_client_renews_its_token_with_its_secret(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_client(&database, ID, "reports:read reports:write");
    let all = client(&app, Credentials::client(ID, CLIENT_SECRET));
    let some = client(&app, Credentials::client(ID, CLIENT_SECRET).with_scope("reports:read"));

    let first = token(&all).await;
    let other = token(&some).await;
    let second = next_token(&all).await;
    let at_me = all.send(app.request("GET", "/me")).await;

    assert_ne!(first, second);
    assert_eq!(payload_of(&second)["scope"], "reports:read reports:write");
    assert_eq!(payload_of(&other)["scope"], "reports:read");
    let response = form(&app, "/oauth/introspect", Some(ID), &format!("token={second}")).await;
    assert_eq!(response.json()["active"], true);
    let expected = TokenProblem::Other("user_not_found".to_owned());
    assert!(matches!(at_me, Err(SendError::Unauthorized { problem, .. }) if problem == expected));
}

async fn a_wrong_secret_is_rejected_with_invalid_client(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_client(&database, ID, "reports:read");
    let error_code = async |credentials| match client(&app, credentials).access_token().await {
        Err(TokenError::Refused { code, .. }) => code,
        other => format!("{other:?}"),
    };

    assert_eq!(error_code(Credentials::client(ID, "wrong")).await, "invalid_client");
    assert_eq!(error_code(Credentials::client(ID, CLIENT_SECRET).with_scope("reports:delete")).await, "invalid_scope");
    assert_eq!(error_code(Credentials::password("admin", "wrong")).await, "invalid_credentials");
}
