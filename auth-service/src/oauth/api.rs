//! The description of this feature's routes.

use serde_json::{Map, Value, json};
use service_kit::{Api, ApiError, Credential, Described, Operation};

use super::{introspect::introspect, oauth_error::OAuthError, revoke::revoke, token::token};
use crate::{
    authority::current_admin::CurrentAdmin,
    clients::{client_token_issuer::ClientToken, error::ClientAuthenticationError},
    guessing::error::TooManyRequests,
    sessions::session_tokens::IssuedTokens,
};

/// The security scheme of clients.
const CLIENT: Credential = Credential::Named("client");

/// Describes OAuth's routes.
pub fn describe(api: &mut Api) {
    let client = "A client's id and secret, form-encoded (RFC 6749, section 2.3.1).";
    api.security_scheme("client", json!({ "type": "http", "scheme": "basic", "description": client }));
    let grant = json!({ "enum": ["authorization_code", "client_credentials", "refresh_token"], "type": "string" });
    let text = json!({ "type": "string" });
    let fields = json!({
        "grant_type": grant, "scope": text, "refresh_token": text, "code": text, "redirect_uri": text, "code_verifier": text,
        "resource": text,
    });
    let form = form("grant_type", fields);
    let operation = api.post("/oauth/token", token);
    operation
        .named("token", "Get tokens for a code, for a client, or with a refresh token")
        .details("RFC 6749, sections 4.1.3, 4.4 and 6. Clients authenticate with `Authorization: Basic` or in the form.")
        .accepts(CLIENT)
        .accepts(Credential::None)
        .takes_form(form)
        .takes(json!({ "grant_type": "client_credentials" }))
        .returns_one_of::<ClientToken, IssuedTokens>(
            "The tokens.",
            json!({
                "access_token": "eyJ0eXAiOiJhdCtqd3Qi...", "token_type": "Bearer", "expires_in": 900, "scope": "reports:read",
            }),
        )
        .refuses([OAuthError::InvalidGrant, OAuthError::InvalidScope, OAuthError::UnsupportedGrantType])
        .refuses([OAuthError::UnauthorizedClient, OAuthError::InvalidTarget])
        .refuses([TooManyRequests::EXAMPLE]);
    authenticates_client(operation);
    let operation = api.post("/oauth/revoke", revoke);
    operation
        .named("revoke", "Revoke a token")
        .details(
            "RFC 7009. A refresh token is revoked with its whole session. An authenticated client can revoke only its own \
             tokens.",
        )
        .accepts(Credential::None)
        .accepts(CLIENT)
        .takes_form(token_form())
        .takes(json!({ "token": "rt1..." }))
        .returns_nothing(200, "The token is revoked, or was invalid; the body is empty.")
        .refuses([OAuthError::InvalidGrant]);
    authenticates_client(operation);
    let claims = json!({
        "schema": {
            "type": "object",
            "required": ["active"],
            "properties": { "active": { "type": "boolean" } },
            "additionalProperties": true,
        },
        "example": { "active": false },
    });
    let operation = api.post("/oauth/introspect", introspect);
    operation
        .named("introspect", "Introspect a token")
        .details("RFC 7662. For clients, and for admins with their access token.")
        .accepts(CLIENT)
        .takes_form(token_form())
        .takes(json!({ "token": "eyJ0eXAiOiJhdCtqd3Qi..." }))
        .returns_content("`active`, and all claims of an active token.", json!({ "application/json": claims }));
    authenticates_client(operation);
    CurrentAdmin::describe(operation);
}

fn authenticates_client(operation: &mut Operation) {
    let too_many = OAuthError::from(ClientAuthenticationError::TooMany(TooManyRequests::EXAMPLE));
    operation.refuses([
        OAuthError::InvalidRequest("Duplicate parameter"),
        OAuthError::InvalidClient,
        OAuthError::Api(ApiError::from(too_many)),
    ]);
}

fn token_form() -> Value {
    let text = json!({ "type": "string" });
    form("token", json!({ "token": { "type": "string", "minLength": 1 }, "token_type_hint": text }))
}

fn members(object: Value) -> Map<String, Value> {
    if let Value::Object(members) = object { members } else { Map::new() }
}

/// A form with these fields, one of which is required, and a client's credentials.
fn form(required: &str, fields: Value) -> Value {
    let credentials = json!({
        "client_id": { "type": "string" },
        "client_secret": { "type": "string", "format": "password" },
    });
    let fields: Map<_, _> = [fields, credentials].into_iter().flat_map(members).collect();
    // No parameter more than once, whatever its name (RFC 6749, section 3.2).
    json!({
        "type": "object",
        "required": [required],
        "properties": fields,
        "additionalProperties": { "type": "string" },
    })
}
