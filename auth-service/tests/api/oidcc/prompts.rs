//! Whether the user is asked to log in, and when the ID token says that this happened.

use shared::UnixTime;

use super::{Suite, Tokens, assert_needs_user};
use crate::authorization::{age, log_in};
use crate::support::{Database, form_of};

on_both_databases!(
    oidcc_prompt_login,
    oidcc_prompt_none_not_logged_in,
    oidcc_prompt_none_logged_in,
    oidcc_max_age_1,
    oidcc_max_age_10000,
    oidcc_id_token_hint,
);

async fn oidcc_prompt_login(database: Database) {
    let mut suite = logged_in(&database).await;

    let [first, second] = logged_in_again(&mut suite, &[("prompt", "login")]).await;

    assert!(auth_time(&second) > auth_time(&first), "{first:?} {second:?}");
}

async fn oidcc_prompt_none_not_logged_in(database: Database) {
    let mut suite = Suite::start(&database).await;
    let state = "0123456789abcdef".repeat(8);

    let answer = suite.open(&[("prompt", "none"), ("state", &state)]).await;

    assert_needs_user(&answer, &state);
}

async fn oidcc_prompt_none_logged_in(database: Database) {
    let mut suite = logged_in(&database).await;
    let first = suite.log_in(&[]).await;

    let second = silently(&mut suite, &[("prompt", "none")]).await;

    assert_same_login(&first, &second);
}

async fn oidcc_max_age_1(database: Database) {
    let mut suite = logged_in(&database).await;

    let [first, second] = logged_in_again(&mut suite, &[("max_age", "1")]).await;

    assert!(auth_time(&second) > auth_time(&first), "{first:?} {second:?}");
    assert!(UnixTime::now().seconds() - auth_time(&second) < 300, "{second:?}");
}

async fn oidcc_max_age_10000(database: Database) {
    let mut suite = logged_in(&database).await;
    let first = suite.log_in(&[("max_age", "15000")]).await;

    let second = silently(&mut suite, &[("max_age", "10000")]).await;

    assert_same_login(&first, &second);
}

async fn oidcc_id_token_hint(database: Database) {
    let mut suite = logged_in(&database).await;
    let first = suite.log_in(&[]).await;

    let second = silently(&mut suite, &[("prompt", "none"), ("id_token_hint", &first.id)]).await;

    assert_same_login(&first, &second);
}

/// A suite whose user has logged in ten seconds ago.
async fn logged_in(database: &Database) -> Suite {
    let mut suite = Suite::start(database).await;
    suite.log_in(&[]).await;
    age(database, 10);
    suite
}

/// The tokens of the login so far, and those for a request that must show the login page.
async fn logged_in_again(suite: &mut Suite, more: &[(&str, &str)]) -> [Tokens; 2] {
    let first = suite.log_in(&[]).await;
    let page = suite.open(more).await;
    assert_eq!(form_of(&page).action, "/authorize/login");
    let answer = log_in(&mut suite.browser, &page).await;
    [first, suite.tokens_for(&answer, "n-1").await]
}

/// The tokens for a request that must show no page.
async fn silently(suite: &mut Suite, more: &[(&str, &str)]) -> Tokens {
    let answer = suite.open(more).await;
    suite.tokens_for(&answer, "n-1").await
}

fn auth_time(tokens: &Tokens) -> i64 {
    tokens.claims["auth_time"].as_i64().unwrap()
}

fn assert_same_login(first: &Tokens, second: &Tokens) {
    assert_eq!((&first.claims["sub"], auth_time(first)), (&second.claims["sub"], auth_time(second)));
}
