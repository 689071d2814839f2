//! `GET /.well-known/oauth-authorization-server`.

use serde_json::json;

use crate::support::{Database, TestApp, config_for};

const PATH: &str = "/.well-known/oauth-authorization-server";

on_both_databases!(
    the_metadata_lists_the_issuer_and_its_endpoints,
    the_endpoints_are_below_the_issuer_url,
    the_metadata_is_cacheable
);

async fn the_metadata_lists_the_issuer_and_its_endpoints(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.get(PATH).await;

    assert_eq!(response.status, 200);
    let expected = json!({
        "issuer": "http://localhost:5000",
        "jwks_uri": "http://localhost:5000/.well-known/jwks.json",
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials", "refresh_token"],
        "token_endpoint": "http://localhost:5000/oauth/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint": "http://localhost:5000/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint": "http://localhost:5000/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "Bearer"],
        "login_endpoint": "http://localhost:5000/login",
        "user_registration_endpoint": "http://localhost:5000/register",
        "me_endpoint": "http://localhost:5000/me",
        "users_endpoint": "http://localhost:5000/users",
        "status_list_aggregation_endpoint": "http://localhost:5000/status-lists",
        "access_token_audience": "resource-service",
        "status_list_jwks_uri": "http://localhost:5000/.well-known/status-list-jwks.json",
    });
    assert_eq!(response.json(), expected);
}

async fn the_endpoints_are_below_the_issuer_url(database: Database) {
    let mut config = config_for(&database);
    config.issuer = "https://login.example.com".into();
    let app = TestApp::spawn_with(database, config).await;

    let metadata = app.get(PATH).await.json();

    assert_eq!(metadata["issuer"], "https://login.example.com");
    assert_eq!(metadata["jwks_uri"], "https://login.example.com/.well-known/jwks.json");
}

async fn the_metadata_is_cacheable(database: Database) {
    let app = TestApp::spawn(database).await;
    let first = app.get(PATH).await;

    let second = app.get_with("If-None-Match", first.header("etag").unwrap(), PATH).await;

    assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(second.status, 304);
}
