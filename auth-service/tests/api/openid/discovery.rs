//! `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`.

use serde_json::json;

use crate::support::{Database, TestApp, config_for};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

on_both_databases!(
    row_55_the_metadata_lists_the_issuer_and_its_endpoints,
    row_56_both_documents_have_the_same_members,
    row_56_an_issuer_with_a_path_has_its_metadata_at_both_forms_and_nowhere_else,
    the_endpoints_are_below_the_issuer_url,
    the_metadata_is_cacheable,
);

async fn row_55_the_metadata_lists_the_issuer_and_its_endpoints(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.get(OPENID).await;

    assert_eq!(response.status, 200);
    // Row 10: code_challenge_methods_supported. Row 13: authorization_response_iss_parameter_supported. Row 15: the last two.
    let expected = json!({
        "issuer": "http://localhost:5000",
        "jwks_uri": "http://localhost:5000/.well-known/jwks.json",
        "authorization_endpoint": "http://localhost:5000/authorize",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "ui_locales_supported": ["en", "de"],
        "token_endpoint": "http://localhost:5000/oauth/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint": "http://localhost:5000/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint": "http://localhost:5000/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "Bearer"],
        "userinfo_endpoint": "http://localhost:5000/userinfo",
        "end_session_endpoint": "http://localhost:5000/oauth/logout",
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "acr_values_supported": ["pwd"],
        "prompt_values_supported": ["none", "login", "consent"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "acr", "amr", "sid", "preferred_username",
            "email", "email_verified",
        ],
        "claims_parameter_supported": false,
        "login_endpoint": "http://localhost:5000/login",
        "user_registration_endpoint": "http://localhost:5000/register",
        "me_endpoint": "http://localhost:5000/me",
        "users_endpoint": "http://localhost:5000/users",
        "status_list_aggregation_endpoint": "http://localhost:5000/status-lists",
        "access_token_audience": "resource-service",
        "status_list_jwks_uri": "http://localhost:5000/.well-known/status-list-jwks.json",
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    assert_eq!(response.json(), expected);
}

async fn row_56_both_documents_have_the_same_members(database: Database) {
    let app = TestApp::spawn(database).await;

    let (openid, oauth) = (app.get(OPENID).await, app.get(OAUTH).await);

    assert_eq!((openid.status, oauth.status), (200, 200));
    assert_eq!(openid.body, oauth.body);
}

async fn row_56_an_issuer_with_a_path_has_its_metadata_at_both_forms_and_nowhere_else(database: Database) {
    let mut config = config_for(&database);
    config.issuer = "https://example.com/a/b".into();
    let app = TestApp::spawn_with(database, config).await;

    for path in [
        OAUTH,
        OPENID,
        "/.well-known/oauth-authorization-server/a/b",
        "/.well-known/openid-configuration/a/b",
        "/a/b/.well-known/openid-configuration",
    ] {
        let response = app.get(path).await;

        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.json()["issuer"], "https://example.com/a/b", "{path}");
        assert_eq!(response.json()["userinfo_endpoint"], "https://example.com/a/b/userinfo", "{path}");
    }
    for path in [
        "/.well-known/oauth-authorization-server/a",
        "/.well-known/oauth-authorization-server/a/b/",
        "/.well-known/openid-configuration/a/b/c",
        "/.well-known/openid-configuration/A/B",
        "/a/.well-known/openid-configuration",
        "/x/.well-known/openid-configuration",
    ] {
        assert_eq!(app.get(path).await.code(), (404, "not_found"), "{path}");
    }
}

async fn the_endpoints_are_below_the_issuer_url(database: Database) {
    let mut config = config_for(&database);
    config.issuer = "https://login.example.com".into();
    let app = TestApp::spawn_with(database, config).await;

    let metadata = app.get(OPENID).await.json();

    assert_eq!(metadata["issuer"], "https://login.example.com");
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            assert!(value.as_str().unwrap().starts_with("https://login.example.com/"), "{name}: {value}");
        }
    }
}

async fn the_metadata_is_cacheable(database: Database) {
    let app = TestApp::spawn(database).await;
    for path in [OPENID, OAUTH] {
        let first = app.get(path).await;

        let second = app.get_with("If-None-Match", first.header("etag").unwrap(), path).await;

        assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(second.status, 304);
    }
}
