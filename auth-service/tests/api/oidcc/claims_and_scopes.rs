//! The userinfo endpoint, and the claims of scopes.

use serde_json::{Value, json};
use service_kit::testing::send;

use super::Suite;
use crate::support::{Database, form};

on_both_databases!(
    oidcc_userinfo_get,
    oidcc_userinfo_post_header,
    oidcc_userinfo_post_body,
    oidcc_scope_profile,
    oidcc_scope_email,
    oidcc_scope_address,
    oidcc_scope_phone,
    oidcc_scope_all,
    oidcc_ensure_other_scope_order_succeeds,
    oidcc_claims_essential,
);

async fn oidcc_userinfo_get(database: Database) {
    let mut suite = Suite::start(&database).await;
    let tokens = suite.log_in(&[]).await;

    let claims = suite.userinfo(&tokens).await;

    assert_eq!(claims, json!({ "sub": "1" }));
}

async fn oidcc_userinfo_post_header(database: Database) {
    let mut suite = Suite::start(&database).await;
    let tokens = suite.log_in(&[]).await;

    let request = suite.app.request("POST", &suite.endpoint("userinfo_endpoint")).bearer_auth(&tokens.access);
    let answer = send(request).await;

    assert_eq!(Suite::userinfo_in(&answer, &tokens), json!({ "sub": "1" }));
}

async fn oidcc_userinfo_post_body(database: Database) {
    let mut suite = Suite::start(&database).await;
    let tokens = suite.log_in(&[]).await;

    let body = format!("access_token={}", tokens.access);
    let answer = form(&suite.app, &suite.endpoint("userinfo_endpoint"), None, &body).await;

    assert_eq!(Suite::userinfo_in(&answer, &tokens), json!({ "sub": "1" }));
}

/// The suite warns about each claim of the scope that is missing: of a person this service knows the username only.
async fn oidcc_scope_profile(database: Database) {
    let mut suite = Suite::start(&database).await;
    let tokens = suite.log_in(&[("scope", "openid profile")]).await;

    let claims = suite.userinfo(&tokens).await;

    assert_eq!(claims, json!({ "sub": "1", "preferred_username": "alice" }));
}

async fn oidcc_scope_email(database: Database) {
    let mut suite = with_email(&database).await;
    let tokens = suite.log_in(&[("scope", "openid email")]).await;

    let claims = suite.userinfo(&tokens).await;

    assert_eq!(claims, json!({ "sub": "1", "email": "alice@example.com", "email_verified": false }));
}

/// Skipped by the suite, since the scope is not among the supported ones; it does no harm either.
async fn oidcc_scope_address(database: Database) {
    ignored(&database, "address").await;
}

/// Skipped by the suite, since the scope is not among the supported ones; it does no harm either.
async fn oidcc_scope_phone(database: Database) {
    ignored(&database, "phone").await;
}

/// Skipped by the suite, since two of the scopes are not among the supported ones; they do no harm either.
async fn oidcc_scope_all(database: Database) {
    let mut suite = with_email(&database).await;

    let tokens = suite.log_in(&[("scope", "openid email phone address profile")]).await;

    assert_eq!(tokens.body["scope"], "email openid profile");
    let claims = suite.userinfo(&tokens).await;
    let names: Vec<_> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["email", "email_verified", "preferred_username", "sub"]);
}

async fn oidcc_ensure_other_scope_order_succeeds(database: Database) {
    let mut suite = with_email(&database).await;
    let tokens = suite.log_in(&[("scope", "email openid")]).await;

    let claims = suite.userinfo(&tokens).await;

    assert_eq!(claims, json!({ "sub": "1", "email": "alice@example.com", "email_verified": false }));
}

/// The suite warns that the essential claim `name` is missing: the parameter `claims` is ignored, as the metadata say.
async fn oidcc_claims_essential(database: Database) {
    let mut suite = Suite::start(&database).await;
    let claims = json!({ "userinfo": { "name": { "essential": true } } }).to_string();

    let tokens = suite.log_in(&[("claims", &claims)]).await;

    assert_eq!(suite.metadata["claims_parameter_supported"], false);
    assert_eq!(suite.userinfo(&tokens).await, json!({ "sub": "1" }));
    assert!(tokens.claims["name"].is_null(), "{tokens:?}");
}

/// A service that knows an address of `alice`.
async fn with_email(database: &Database) -> Suite {
    let suite = Suite::start(database).await;
    database.execute("UPDATE users SET email = 'alice@example.com'");
    suite
}

async fn ignored(database: &Database, scope: &str) {
    let mut suite = Suite::start(database).await;

    let tokens = suite.log_in(&[("scope", &format!("openid {scope}"))]).await;

    assert!(!suite.metadata["scopes_supported"].as_array().unwrap().contains(&Value::from(scope)));
    assert_eq!(tokens.body["scope"], "openid");
    assert_eq!(suite.userinfo(&tokens).await, json!({ "sub": "1" }));
}
