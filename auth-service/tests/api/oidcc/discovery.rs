//! The metadata.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::Suite;
use crate::support::Database;

on_both_databases!(
    oidcc_discovery_endpoint_verification,
    oidcc_rp_initiated_logout_discovery_endpoint_verification,
    oidcc_backchannel_logout_discovery_endpoint_verification,
);

async fn oidcc_discovery_endpoint_verification(database: Database) {
    let suite = Suite::start(&database).await;

    let response = suite.app.get("/.well-known/openid-configuration").await;

    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(suite.metadata["issuer"], "https://login.example.com");
    assert_endpoints_are_https(&suite.metadata);
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        assert!(suite.metadata[name].as_str().unwrap().starts_with("https://"), "{name}");
    }
    for (name, required) in [
        ("response_types_supported", "code"),
        ("grant_types_supported", "authorization_code"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("scopes_supported", "openid"),
        ("claims_supported", "sub"),
        ("code_challenge_methods_supported", "S256"),
    ] {
        assert!(strings(&suite.metadata[name]).contains(&required), "{name}");
    }
    let is_scope = |text: &&str| text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    assert!(strings(&suite.metadata["scopes_supported"]).iter().all(is_scope));
    assert_eq!(strings(&suite.metadata["ui_locales_supported"]), ["en", "de"]);
    assert_keys_are_public(&suite.keys);
}

async fn oidcc_rp_initiated_logout_discovery_endpoint_verification(database: Database) {
    let suite = Suite::start(&database).await;

    assert_endpoints_are_https(&suite.metadata);
    assert!(suite.metadata["end_session_endpoint"].is_string());
}

async fn oidcc_backchannel_logout_discovery_endpoint_verification(database: Database) {
    let suite = Suite::start(&database).await;

    assert_endpoints_are_https(&suite.metadata);
    for name in ["backchannel_logout_supported", "backchannel_logout_session_supported"] {
        assert_eq!(suite.metadata[name], true, "{name}");
    }
    assert!(suite.metadata["end_session_endpoint"].is_string());
}

fn assert_endpoints_are_https(metadata: &Value) {
    for (name, url) in metadata.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint")) {
        assert!(url.as_str().unwrap().starts_with("https://"), "{name}: {url}");
    }
}

fn assert_keys_are_public(keys: &[Value]) {
    let ids: BTreeSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), keys.is_empty()), (keys.len(), false));
    for key in keys {
        assert_eq!(key["kty"], "RSA");
        assert!(URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap().len() >= 256);
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert_eq!(key.get(private), None, "{private}");
        }
    }
}

fn strings(array: &Value) -> Vec<&str> {
    array.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}
