//! `GET /.well-known/oauth-authorization-server`.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::json;
use service_kit::cacheable_json;

use crate::tokens::issuer::TokenIssuer;

const MAX_AGE: Duration = Duration::from_mins(5);

/// `GET /.well-known/oauth-authorization-server`: the metadata of the issuer (RFC 8414).
///
/// A user's login is our own JSON and not an OAuth grant, so the name of its endpoint is our own. So are the names of the status
/// lists' keys, which the draft leaves open, and of the audience of access tokens, which verifiers compare with theirs.
pub async fn metadata(req: HttpRequest, issuer: Data<TokenIssuer>) -> HttpResponse {
    let (issuer, audience) = (issuer.name(), issuer.audience());
    let document = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials", "refresh_token"],
        "token_endpoint": format!("{issuer}/oauth/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint": format!("{issuer}/oauth/introspect"),
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "Bearer"],
        "login_endpoint": format!("{issuer}/login"),
        "user_registration_endpoint": format!("{issuer}/register"),
        "me_endpoint": format!("{issuer}/me"),
        "users_endpoint": format!("{issuer}/users"),
        "status_list_aggregation_endpoint": format!("{issuer}/status-lists"),
        "access_token_audience": audience,
        "status_list_jwks_uri": format!("{issuer}/.well-known/status-list-jwks.json"),
    });
    cacheable_json(&req, document.to_string(), MAX_AGE)
}
