//! A code is exchanged once.

use service_kit::testing::Response;

use super::{Suite, code_of, is_printable};
use crate::support::{Database, oauth_error};

on_both_databases!(oidcc_codereuse, oidcc_codereuse_30seconds);

async fn oidcc_codereuse(database: Database) {
    let mut suite = Suite::start(&database).await;
    let answer = suite.authorize(&[]).await;
    suite.tokens_for(&answer, "n-1").await;

    let again = suite.exchange(&code_of(&answer)).await;

    assert_invalid_grant(&again);
}

async fn oidcc_codereuse_30seconds(database: Database) {
    let mut suite = Suite::start(&database).await;
    let answer = suite.authorize(&[]).await;
    let tokens = suite.tokens_for(&answer, "n-1").await;
    database.execute("UPDATE authorization_codes SET expires_at = expires_at - 30");

    let again = suite.exchange(&code_of(&answer)).await;

    assert_invalid_grant(&again);
    assert_eq!(suite.app.get_as(&tokens.access, &suite.endpoint("userinfo_endpoint")).await.status, 401);
}

fn assert_invalid_grant(answer: &Response) {
    assert_eq!(oauth_error(answer), (400, "invalid_grant".to_owned()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(is_printable(answer.json()["error_description"].as_str().unwrap()), "{answer:?}");
}
