//! How clients send requests and prove who they are.

use service_kit::testing::eventually;
use shared::UnixTime;

use super::{REDIRECT, Suite, Tokens, code_of};
use crate::authorization::{VERIFIER, exchange_as, follow, log_in, refresh, request};
use crate::support::{CLIENT_SECRET, Database, oauth_error};

on_both_databases!(
    oidcc_ensure_post_request_succeeds,
    oidcc_server_client_secret_post,
    oidcc_refresh_token,
    oidcc_ensure_request_with_valid_pkce_succeeds,
);

/// The form comes from the suite's website, so that the browser sends no cookies with it.
async fn oidcc_ensure_post_request_succeeds(database: Database) {
    let mut suite = Suite::start(&database).await;
    let path = suite.request(&[]);
    let (path, query) = path.split_once('?').unwrap();

    let sent = suite.browser.request(reqwest::Method::POST, path).header("Sec-Fetch-Site", "cross-site");
    let sent = sent.header("Content-Type", "application/x-www-form-urlencoded").body(query.to_owned());
    let answer = suite.browser.send(sent).await;
    let page = follow(&mut suite.browser, answer).await;
    let consent = log_in(&mut suite.browser, &page).await;
    let answer = suite.browser.submit(&consent, &[("decision", "allow")]).await;

    suite.tokens_for(&answer, "n-1").await;
}

async fn oidcc_server_client_secret_post(database: Database) {
    let mut suite = Suite::start(&database).await;
    let answer = suite.authorize(&[]).await;

    let secret = [("redirect_uri", REDIRECT), ("client_id", "suite"), ("client_secret", CLIENT_SECRET)];
    let answer = exchange_as(&suite.app, None, &code_of(&answer), &secret).await;

    suite.tokens_in(&answer, "n-1").await;
}

async fn oidcc_refresh_token(database: Database) {
    let mut suite = Suite::start(&database).await;
    assert!(suite.metadata["grant_types_supported"].as_array().unwrap().contains(&"refresh_token".into()));
    refreshed(&mut suite, &[("scope", "openid offline_access")], "n-1").await;

    suite.client = "suite-2";
    let second = refreshed(&mut suite, &[], &"n".repeat(43)).await;
    let foreign = refresh(&suite.app, Some("suite"), &second, &[]).await;

    assert_eq!(oauth_error(&foreign), (400, "invalid_grant".to_owned()));
    assert_eq!(refresh(&suite.app, Some("suite-2"), &second, &[]).await.status, 200);
}

async fn oidcc_ensure_request_with_valid_pkce_succeeds(database: Database) {
    let mut suite = Suite::start(&database).await;
    // With a code challenge, which `Suite::request` leaves out.
    let path = request(&[("client_id", "suite"), ("redirect_uri", REDIRECT)]);
    let answer = crate::authorization::authorize(&mut suite.browser, &path).await;

    let verifier = [("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    let answer = exchange_as(&suite.app, Some("suite"), &code_of(&answer), &verifier).await;

    suite.tokens_in(&answer, "n-1").await;
}

/// Logs in, refreshes the tokens, and compares the ID tokens. The refresh token that is valid then.
async fn refreshed(suite: &mut Suite, scope: &[(&str, &str)], nonce: &str) -> String {
    let asked = [("scope", "openid offline_access"), ("prompt", "consent"), ("nonce", nonce)];
    let first = suite.log_in(&asked).await;
    let token = first.body["refresh_token"].as_str().unwrap();
    assert!(token.bytes().all(|byte| byte.is_ascii_graphic()), "{token}");
    let issued_at = first.claims["iat"].as_i64().unwrap();
    eventually(async || (UnixTime::now().seconds() > issued_at).then_some(())).await;

    let answer = refresh(&suite.app, Some(suite.client), token, scope).await;

    // The new ID token is of no authorization request, and so has no nonce.
    let second = suite.tokens_in(&answer, "").await;
    assert_same_login(&first, &second);
    assert_ne!(first.access, second.access);
    second.body["refresh_token"].as_str().unwrap_or(token).to_owned()
}

/// OpenID Connect Core 1.0, section 12.2.
fn assert_same_login(first: &Tokens, second: &Tokens) {
    for name in ["iss", "sub", "aud", "auth_time", "azp"] {
        assert_eq!(first.claims[name], second.claims[name], "{name}");
    }
    assert!(second.claims["iat"].as_i64() > first.claims["iat"].as_i64(), "{second:?}");
}
