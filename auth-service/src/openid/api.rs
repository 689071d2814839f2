//! The description of this feature's routes.

use serde_json::{Value, json};
use service_kit::{Api, Operation};
use shared::AuthError;

use super::{
    discovery::discovery,
    sent_token::TWO_TOKENS,
    userinfo::{OPENID, userinfo},
};
use crate::oauth::oauth_error::OAuthError;

/// Describes the routes for applications.
pub fn describe(api: &mut Api) {
    let operation = api.get("/userinfo", userinfo);
    operation.named("userinfo", "What an application may know about its user");
    describe_userinfo(operation);
    let text = json!({ "type": "string" });
    let form = json!({ "type": "object", "properties": { "access_token": text }, "additionalProperties": text });
    let operation = api.post("/userinfo", userinfo);
    operation
        .named("userinfoByForm", "The same; the access token may be in the form")
        .takes_form(form)
        .takes(json!({}))
        .refuses([AuthError::BadRequest(TWO_TOKENS)])
        .refuses([OAuthError::InvalidRequest("Duplicate parameter")]);
    describe_userinfo(operation);
}

fn describe_userinfo(operation: &mut Operation) {
    let text = json!({ "type": "string" });
    let claims = json!({
        "schema": {
            "type": "object",
            "required": ["sub"],
            "properties": {
                "sub": text, "preferred_username": text, "email": text, "email_verified": { "type": "boolean" },
            },
            "additionalProperties": false,
        },
        "example": { "sub": "4", "preferred_username": "john", "email": "john@example.com", "email_verified": false },
    });
    operation
        .details(
            "OpenID Connect Core 1.0, section 5.3. Requires the scope `openid`; `profile` adds the name, `email` the address, \
             if one is known.",
        )
        .returns_content("The claims that the token's scopes allow.", json!({ "application/json": claims }))
        .refuses([AuthError::ScopeRequired(OPENID), AuthError::UserNotFound]);
}

/// Describes the metadata.
pub fn describe_documents(api: &mut Api) {
    describe_metadata(
        api.get("/.well-known/openid-configuration", discovery)
            .named("openidConfiguration", "OpenID Provider metadata")
            .details("OpenID Connect Discovery 1.0. The same members as at `/.well-known/oauth-authorization-server`."),
    );
    describe_metadata(
        api.get("/.well-known/oauth-authorization-server", discovery)
            .named("metadata", "Authorization server metadata")
            .details("RFC 8414."),
    );
}

fn describe_metadata(operation: &mut Operation) {
    let document: Value = json!({
        "schema": { "type": "object", "required": ["issuer", "jwks_uri"] },
        "example": {
            "issuer": "http://localhost:5000",
            "jwks_uri": "http://localhost:5000/.well-known/jwks.json",
            "authorization_endpoint": "http://localhost:5000/authorize",
            "token_endpoint": "http://localhost:5000/oauth/token",
            "userinfo_endpoint": "http://localhost:5000/userinfo",
            "status_list_jwks_uri": "http://localhost:5000/.well-known/status-list-jwks.json",
            "access_token_audience": "resource-service",
        },
    });
    operation.returns_content("The metadata.", json!({ "application/json": document })).cacheable();
}
