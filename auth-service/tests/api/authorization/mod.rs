//! Logins for applications: the authorization endpoint, codes, their exchange, refreshes and logouts. `row_…` is a row of
//! docs/conformance.md.

mod attacks;
mod codes;
mod endpoint;
mod forms;
mod interactions;
mod logout;
mod page_safety;
mod prompts;
mod redirect_uris;
mod refresh;
mod story;

pub use prompts::age;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use service_kit::testing::{Response, send};

use crate::support::{Browser, CLIENT_SECRET, Database, PASSWORD, TestApp, and_admin, config_for, form};

/// Where the application `shop` expects its users back.
pub const CALLBACK: &str = "https://shop.example/callback";
/// PKCE's secret.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An auth-service with the user `alice` and the applications `shop` (confidential), `spa` and `cli` (public), `own` (first-party).
pub async fn app(database: &Database) -> TestApp {
    let mut config = and_admin(config_for(database));
    config.resources = "https://api.example.com,https://other.example.com".to_owned().into();
    let app = TestApp::spawn_with(database.clone(), config).await;
    assert_eq!(app.register("alice").await.status, 201);
    insert_application(database, "shop", "web", CALLBACK, "");
    insert_application(database, "spa", "browser", "https://spa.example/callback", "");
    insert_application(database, "cli", "native", "http://127.0.0.1/callback", "");
    insert_application(database, "own", "web", "https://own.example/callback", ", first_party = 1");
    app
}

/// Inserts an application without the service. `more` sets more columns.
pub fn insert_application(database: &Database, id: &str, kind: &str, redirect_uri: &str, more: &str) {
    let is_public = matches!(kind, "browser" | "native");
    let hash =
        if is_public { String::new() } else { URL_SAFE_NO_PAD.encode(digest(&SHA256, CLIENT_SECRET.as_bytes())) };
    database.execute(&format!(
        "INSERT INTO clients (id, secret_hash, scopes, created_at, kind, redirect_uris, post_logout_uris, requires_pkce, first_party) \
         VALUES ('{id}', '{hash}', 'openid profile email offline_access orders:read', 1, '{kind}', '{redirect_uri}', '{redirect_uri}', 1, 0); \
         UPDATE clients SET id = id{more} WHERE id = '{id}'"
    ));
}

/// The path of an authorization request of `shop` with PKCE, and these parameters besides, or instead.
pub fn request(more: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let mut parameters = vec![
        ("client_id", "shop"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "st-1"),
        ("nonce", "n-1"),
        ("code_challenge", &*challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        parameters.retain(|(known, _)| known != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
    format!("/authorize?{}", serde_urlencoded::to_string(parameters).unwrap())
}

/// The parameters that a redirect carries to the application.
pub fn members(response: &Response) -> Vec<(String, String)> {
    assert_eq!(response.status, 303, "{response:?}");
    let location = response.header("location").unwrap();
    assert!(location.contains('?'), "{location}");
    let (_, query) = location.split_once('?').unwrap_or_default();
    serde_urlencoded::from_str(query).unwrap()
}

/// One of them; empty if it is missing.
pub fn member(response: &Response, name: &str) -> String {
    members(response).into_iter().find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_default()
}

/// Logs `alice` in on a page, and returns what follows.
pub async fn log_in(browser: &mut Browser, page: &Response) -> Response {
    log_in_as(browser, page, "alice", PASSWORD).await
}

/// Logs somebody in on a page, and returns what follows.
pub async fn log_in_as(browser: &mut Browser, page: &Response, username: &str, password: &str) -> Response {
    let answer = browser.submit(page, &[("username", username), ("password", password)]).await;
    follow(browser, answer).await
}

/// The page or the redirect to the application to which redirects within the service lead.
pub async fn follow(browser: &mut Browser, mut answer: Response) -> Response {
    for _ in 0..5 {
        match answer.header("location") {
            Some(path) if path.starts_with('/') => answer = browser.open(path).await,
            _ => break,
        }
    }
    answer
}

/// The answer to an authorization request when `alice` logs in and consents.
pub async fn authorize(browser: &mut Browser, path: &str) -> Response {
    let page = browser.open(path).await;
    let mut answer = if page.body.contains("/authorize/login") { log_in(browser, &page).await } else { page };
    if answer.body.contains("/authorize/consent") {
        answer = browser.submit(&answer, &[("decision", "allow")]).await;
    }
    answer
}

/// The code of such an answer.
pub async fn code(browser: &mut Browser, path: &str) -> String {
    let answer = authorize(browser, path).await;
    let code = member(&answer, "code");
    assert!(!code.is_empty(), "{answer:?}");
    code
}

/// Exchanges a code of `shop`.
pub async fn exchange(app: &TestApp, code: &str) -> Response {
    exchange_as(app, Some("shop"), code, &[("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]).await
}

/// Exchanges a code as that client, with these parameters.
pub async fn exchange_as(app: &TestApp, client: Option<&str>, code: &str, more: &[(&str, &str)]) -> Response {
    let fields = [&[("grant_type", "authorization_code"), ("code", code)], more].concat();
    form(app, "/oauth/token", client, &serde_urlencoded::to_string(fields).unwrap()).await
}

/// The tokens of `alice` at `shop` with that scope.
pub async fn tokens(app: &TestApp, browser: &mut Browser, scope: &str) -> Value {
    let code = code(browser, &request(&[("scope", scope)])).await;
    let answer = exchange(app, &code).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Sends `/oauth/token` a refresh token as that client.
pub async fn refresh(app: &TestApp, client: Option<&str>, token: &str, more: &[(&str, &str)]) -> Response {
    let fields = [&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat();
    form(app, "/oauth/token", client, &serde_urlencoded::to_string(fields).unwrap()).await
}

/// Status and code of the answer to `/me` with an access token.
pub async fn use_token(app: &TestApp, tokens: &Value) -> u16 {
    let token = tokens["access_token"].as_str().unwrap();
    send(app.request("GET", "/me").bearer_auth(token)).await.status
}
