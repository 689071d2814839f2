//! `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::{Map, Value, json};
use service_kit::cacheable_json;

use crate::tokens::{id_token::PASSWORD, issuer::TokenIssuer};

const MAX_AGE: Duration = Duration::from_mins(5);
const CLIENT_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0) and `GET /.well-known/oauth-authorization-server`
/// (RFC 8414): the metadata of the issuer, the same members at both.
pub async fn discovery(req: HttpRequest, issuer: Data<TokenIssuer>) -> HttpResponse {
    let (name, audience) = (issuer.name(), issuer.audience());
    let members = [common(name), of_openid(name), our_own(name, audience)];
    let document: Map<_, _> = members.into_iter().flatten().collect();
    cacheable_json(&req, Value::Object(document).to_string(), MAX_AGE)
}

fn common(issuer: &str) -> Map<String, Value> {
    members(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{issuer}/authorize"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "ui_locales_supported": ["en", "de"],
        "token_endpoint": format!("{issuer}/oauth/token"),
        "token_endpoint_auth_methods_supported": CLIENT_METHODS,
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": CLIENT_METHODS,
        "introspection_endpoint": format!("{issuer}/oauth/introspect"),
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "Bearer"],
    }))
}

/// `request_uri_parameter_supported` is written out, since its default is true.
fn of_openid(issuer: &str) -> Map<String, Value> {
    members(json!({
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "end_session_endpoint": format!("{issuer}/oauth/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "acr_values_supported": [PASSWORD],
        "prompt_values_supported": ["none", "login", "consent"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "acr", "amr", "sid", "preferred_username",
            "email", "email_verified",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    }))
}

/// A user's login with JSON is our own and not an OAuth grant, so the name of its endpoint is our own. So are the names of the
/// status lists' keys, which the draft leaves open, and of the audience of access tokens, which verifiers compare with theirs.
fn our_own(issuer: &str, audience: &str) -> Map<String, Value> {
    members(json!({
        "login_endpoint": format!("{issuer}/login"),
        "user_registration_endpoint": format!("{issuer}/register"),
        "me_endpoint": format!("{issuer}/me"),
        "users_endpoint": format!("{issuer}/users"),
        "status_list_aggregation_endpoint": format!("{issuer}/status-lists"),
        "access_token_audience": audience,
        "status_list_jwks_uri": format!("{issuer}/.well-known/status-list-jwks.json"),
    }))
}

fn members(object: Value) -> Map<String, Value> {
    if let Value::Object(members) = object { members } else { Map::new() }
}
