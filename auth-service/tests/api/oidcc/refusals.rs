//! Requests that are refused.

use super::{REDIRECT, Suite, error_of};
use crate::support::Database;

on_both_databases!(oidcc_response_type_missing, oidcc_ensure_registered_redirect_uri);

async fn oidcc_response_type_missing(database: Database) {
    let mut suite = Suite::start(&database).await;

    let answer = suite.open(&[("response_type", "")]).await;

    let error = error_of(&answer, "st-1");
    assert!(["invalid_request", "unsupported_response_type"].contains(&&*error), "{error}");
}

async fn oidcc_ensure_registered_redirect_uri(database: Database) {
    let mut suite = Suite::start(&database).await;

    for uri in [format!("{REDIRECT}/8RyKl5"), format!("{REDIRECT}?foo=bar"), "https://suite.example/".to_owned()] {
        let answer = suite.open(&[("redirect_uri", &uri)]).await;

        assert_eq!((answer.status, answer.header("location")), (400, None), "{uri}");
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer:?}");
    }
}
