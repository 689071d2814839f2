//! Logins and their ID tokens.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Suite, code_of};
use crate::authorization::member;
use crate::support::Database;

on_both_databases!(
    oidcc_server,
    oidcc_idtoken_signature,
    oidcc_idtoken_unsigned,
    oidcc_ensure_request_without_nonce_succeeds_for_code_flow,
);

async fn oidcc_server(database: Database) {
    let mut suite = Suite::start(&database).await;

    let first = suite.authorize(&[]).await;
    let second = suite.authorize(&[]).await;
    let tokens = suite.tokens_for(&first, "n-1").await;

    let hash = digest(&SHA256, tokens.access.as_bytes());
    assert_eq!(tokens.claims["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
    assert!(tokens.claims["c_hash"].is_null() && tokens.claims["name"].is_null(), "{tokens:?}");
    assert_eq!(tokens.body["refresh_token"], Value::Null, "without offline_access");
    // 128 bits at least, as far as one code shows it: 43 characters of an alphabet of 64.
    let code = member(&first, "code");
    let random = code.rsplit('.').next().unwrap();
    assert!(random.len() >= 43 && random.bytes().collect::<BTreeSet<_>>().len() > 15, "{code}");
    assert_ne!(code, code_of(&second));
}

async fn oidcc_idtoken_signature(database: Database) {
    let mut suite = Suite::start(&database).await;

    let tokens = suite.log_in(&[]).await;

    let header = URL_SAFE_NO_PAD.decode(tokens.id.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["alg"], "RS256");
    let kid = header["kid"].as_str().unwrap();
    assert!(suite.keys.iter().any(|key| key["kid"] == kid), "{kid}");
}

/// Skipped by the suite: no service has to support ID tokens without a signature.
async fn oidcc_idtoken_unsigned(database: Database) {
    let suite = Suite::start(&database).await;

    let algorithms = suite.metadata["id_token_signing_alg_values_supported"].as_array().unwrap();

    assert!(algorithms.contains(&"RS256".into()) && !algorithms.contains(&"none".into()), "{algorithms:?}");
}

async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(database: Database) {
    let mut suite = Suite::start(&database).await;

    let tokens = suite.log_in(&[("nonce", "")]).await;

    assert_eq!(tokens.claims.get("nonce"), None);
}
