//! `GET /.well-known/jwks.json`.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use shared::testing;

use crate::support::{Database, TestApp, config_for, config_with_own_keys};

const PATH: &str = "/.well-known/jwks.json";

on_both_databases!(
    the_key_is_published_without_its_private_part,
    the_key_id_is_the_thumbprint,
    a_generated_key_has_2048_bits_and_the_exponent_65537,
    a_client_with_the_same_keys_gets_304,
    max_age_is_at_most_half_of_the_publish_ahead_time,
);

async fn the_key_is_published_without_its_private_part(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.get(PATH).await;

    assert_eq!(response.status, 200);
    let jwks = response.json();
    let mut expected = testing::jwks()["keys"][0].take();
    expected["kid"] = jwks["keys"][0]["kid"].clone();
    assert_eq!(jwks["keys"][0], expected);
    for key in jwks["keys"].as_array().unwrap() {
        assert_eq!(key.as_object().unwrap().keys().collect::<Vec<_>>(), ["alg", "e", "kid", "kty", "n", "use"]);
    }
}

async fn the_key_id_is_the_thumbprint(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await;

    let key = &app.get(PATH).await.json()["keys"][0];

    // RFC 7638, section 3: the required members alone, in the order of their names, without white space.
    let (e, n) = (key["e"].as_str().unwrap(), key["n"].as_str().unwrap());
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    assert_eq!(key["kid"], URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes())));
}

async fn a_generated_key_has_2048_bits_and_the_exponent_65537(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await;

    let jwks = app.get(PATH).await.json();

    // The second signs ID tokens.
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    for key in jwks["keys"].as_array().unwrap() {
        assert_eq!(key.as_object().unwrap().keys().collect::<Vec<_>>(), ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!(URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap().len(), 256);
        assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
        assert_eq!(key["e"], "AQAB");
    }
}

async fn a_client_with_the_same_keys_gets_304(database: Database) {
    let app = TestApp::spawn(database).await;
    let first = app.get(PATH).await;
    let etag = first.header("etag").unwrap();

    for known in [etag.to_owned(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        let response = app.get_with("If-None-Match", &known, PATH).await;

        assert_eq!(response.status, 304, "{known}");
        assert_eq!(response.body, "");
        assert_eq!(response.header("etag"), Some(etag));
        assert_eq!(response.header("cache-control"), first.header("cache-control"));
    }
    for unknown in ["\"x\"", "x", ""] {
        let response = app.get_with("If-None-Match", unknown, PATH).await;

        assert_eq!((response.status, &response.body), (200, &first.body), "{unknown}");
    }
    assert!(etag.starts_with('"'), "{etag} is not strong");
}

async fn max_age_is_at_most_half_of_the_publish_ahead_time(database: Database) {
    for (publish_ahead_secs, expected) in
        [(600, "public, max-age=300"), (60, "public, max-age=30"), (86_400, "public, max-age=300")]
    {
        let mut config = config_for(&database);
        config.keys.publish_ahead_secs = publish_ahead_secs;
        let app = TestApp::spawn_with(database.clone(), config).await;

        assert_eq!(app.get(PATH).await.header("cache-control"), Some(expected));
    }
}
