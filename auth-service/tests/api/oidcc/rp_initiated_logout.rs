//! Logouts that an application asks for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use service_kit::testing::Response;
use shared::testing::{kid_of, mint_raw};

use super::{AFTER_LOGOUT, Suite, Tokens};
use crate::authorization::members;
use crate::support::Database;

on_both_databases!(
    oidcc_rp_initiated_logout,
    oidcc_rp_initiated_logout_bad_post_logout_redirect_uri,
    oidcc_rp_initiated_logout_modified_id_token_hint,
    oidcc_rp_initiated_logout_no_id_token_hint,
    oidcc_rp_initiated_logout_no_params,
    oidcc_rp_initiated_logout_no_post_logout_redirect_uri,
    oidcc_rp_initiated_logout_no_state,
    oidcc_rp_initiated_logout_only_state,
    oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri,
    oidcc_rp_initiated_logout_bad_id_token_hint,
);

const BACK: (&str, &str) = ("post_logout_redirect_uri", AFTER_LOGOUT);
/// As long as that of the suite.
const STATE: (&str, &str) = (
    "state",
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01\
                                       0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01",
);

async fn oidcc_rp_initiated_logout(database: Database) {
    let (mut suite, tokens) = logged_in(&database).await;

    let answer = suite.log_out(&[("id_token_hint", &tokens.id), BACK, STATE]).await;

    assert_eq!(answer.header("location").unwrap().split('?').next(), Some(AFTER_LOGOUT));
    assert_eq!(members(&answer), [(STATE.0.to_owned(), STATE.1.to_owned())]);
    suite.assert_logged_out().await;
}

async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(database: Database) {
    let (mut suite, tokens) = logged_in(&database).await;
    let uri = format!("{AFTER_LOGOUT}/8RyKl5");

    let answer = suite.log_out(&[("id_token_hint", &tokens.id), ("post_logout_redirect_uri", &uri), STATE]).await;

    assert_no_redirect(&answer);
}

async fn oidcc_rp_initiated_logout_modified_id_token_hint(database: Database) {
    let (mut suite, tokens) = logged_in(&database).await;
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "none" }).to_string());
    let unsigned = format!("{header}.{}.", tokens.id.split('.').nth(1).unwrap());

    let answer = suite.log_out(&[("id_token_hint", &unsigned), BACK, STATE]).await;

    assert_no_redirect(&answer);
}

async fn oidcc_rp_initiated_logout_no_id_token_hint(database: Database) {
    let (mut suite, _) = logged_in(&database).await;

    let answer = suite.log_out(&[BACK, STATE]).await;

    assert_no_redirect(&answer);
}

async fn oidcc_rp_initiated_logout_no_params(database: Database) {
    let (mut suite, _) = logged_in(&database).await;

    let page = suite.log_out(&[]).await;
    let answer = suite.browser.submit(&page, &[("decision", "allow")]).await;

    assert_logged_out_here(&mut suite, &answer).await;
}

async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri(database: Database) {
    let (mut suite, tokens) = logged_in(&database).await;

    let answer = suite.log_out(&[("id_token_hint", &tokens.id), STATE]).await;

    assert_logged_out_here(&mut suite, &answer).await;
}

async fn oidcc_rp_initiated_logout_no_state(database: Database) {
    let (mut suite, tokens) = logged_in(&database).await;

    let answer = suite.log_out(&[("id_token_hint", &tokens.id), BACK]).await;

    assert_eq!(answer.header("location"), Some(AFTER_LOGOUT));
    suite.assert_logged_out().await;
}

async fn oidcc_rp_initiated_logout_only_state(database: Database) {
    let (mut suite, _) = logged_in(&database).await;

    let page = suite.log_out(&[STATE]).await;
    let answer = suite.browser.submit(&page, &[("decision", "allow")]).await;

    assert_logged_out_here(&mut suite, &answer).await;
}

async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(database: Database) {
    let (mut suite, tokens) = logged_in(&database).await;
    let uri = format!("{AFTER_LOGOUT}?foo=bar");

    let answer = suite.log_out(&[("id_token_hint", &tokens.id), ("post_logout_redirect_uri", &uri), STATE]).await;

    assert_no_redirect(&answer);
}

/// The hint says what an ID token says, and names its key, but another key has signed it.
async fn oidcc_rp_initiated_logout_bad_id_token_hint(database: Database) {
    let (mut suite, tokens) = logged_in(&database).await;
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": kid_of(&tokens.id) });
    let foreign = mint_raw(header.to_string(), tokens.claims.to_string());

    let answer = suite.log_out(&[("id_token_hint", &foreign), BACK, STATE]).await;

    assert_no_redirect(&answer);
}

async fn logged_in(database: &Database) -> (Suite, Tokens) {
    let mut suite = Suite::start(database).await;
    let tokens = suite.log_in(&[]).await;
    (suite, tokens)
}

/// A page says what is wrong.
fn assert_no_redirect(answer: &Response) {
    assert_eq!((answer.status, answer.header("location")), (400, None), "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer:?}");
}

/// A page says that the user is logged out, and that is so.
async fn assert_logged_out_here(suite: &mut Suite, answer: &Response) {
    assert_eq!((answer.status, answer.header("location")), (200, None), "{answer:?}");
    suite.assert_logged_out().await;
}
