//! Requests as objects. This service supports none, and says so in its metadata and by the standard's errors; then the suite skips
//! the module.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{REDIRECT, Suite, error_of};
use crate::support::Database;

on_both_databases!(
    oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported,
    oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported,
    oidcc_ensure_request_object_with_redirect_uri,
);

/// What the suite leaves to the object.
const IN_OBJECT: [(&str, &str); 2] = [("state", ""), ("nonce", "")];

/// Skipped by the suite.
async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(database: Database) {
    let mut suite = Suite::start(&database).await;
    let uri = ("request_uri", "https://suite.example/test/a/auth/requests/8RyKl5#hash");

    let answer = suite.open(&[&IN_OBJECT[..], &[uri]].concat()).await;

    assert_eq!(suite.metadata["request_uri_parameter_supported"], false);
    assert_eq!(error_of(&answer, ""), "request_uri_not_supported");
}

/// Skipped by the suite.
async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(database: Database) {
    let mut suite = Suite::start(&database).await;

    let answer = suite.open(&[&IN_OBJECT[..], &[("request", &unsigned(REDIRECT))]].concat()).await;

    assert_eq!(suite.metadata["request_parameter_supported"], false);
    assert_eq!(error_of(&answer, ""), "request_not_supported");
}

/// Either the redirect URI of the object counts, or there is a page and no redirect.
async fn oidcc_ensure_request_object_with_redirect_uri(database: Database) {
    let mut suite = Suite::start(&database).await;
    let invalid = format!("{REDIRECT}/invalid");

    let sent = [("request", &*unsigned(REDIRECT)), ("redirect_uri", &invalid)];
    let answer = suite.open(&[&IN_OBJECT[..], &sent].concat()).await;

    assert_eq!((answer.status, answer.header("location")), (400, None), "{answer:?}");
}

fn unsigned(redirect_uri: &str) -> String {
    let claims = json!({
        "iss": "suite",
        "aud": "https://login.example.com",
        "client_id": "suite",
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "openid",
        "state": "st-1",
        "nonce": "n-1",
    });
    let [header, claims] = [json!({ "alg": "none" }), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.")
}
