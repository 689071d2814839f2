//! OAuth errors.

use actix_web::http::StatusCode;
use service_kit::{ApiError, RequestError};

use crate::{clients::error::ClientAuthenticationError, db::DbError, sessions::error::SessionError};

/// Why a request to one of OAuth's routes is refused (RFC 6749, section 5.2). `Display` is for the client.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// A parameter is missing, repeated, or contradicts another.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The client credentials are missing or wrong.
    #[error("Client authentication failed")]
    InvalidClient,
    /// The token is invalid, or another client's.
    #[error("The token is invalid, expired, revoked, or was issued to another client")]
    InvalidGrant,
    /// The client may not use this grant.
    #[error("The client is not allowed to use this grant type")]
    UnauthorizedClient,
    /// The scope is malformed, or exceeds that of the client.
    #[error("The scope is malformed or exceeds the client's scopes")]
    InvalidScope,
    /// Another resource than the one that was authorized.
    #[error("The resource is unknown, or not the one that was authorized")]
    InvalidTarget,
    /// The grant type is not supported.
    #[error(
        "Supported grants: authorization_code, client_credentials, refresh_token; users log in at /login or /authorize"
    )]
    UnsupportedGrantType,
    /// An error that OAuth does not define.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl From<DbError> for OAuthError {
    fn from(error: DbError) -> Self {
        Self::Api(error.into())
    }
}

impl From<ClientAuthenticationError> for OAuthError {
    fn from(error: ClientAuthenticationError) -> Self {
        Self::Api(ApiError::from(error).in_oauth_form())
    }
}

impl From<SessionError> for OAuthError {
    fn from(error: SessionError) -> Self {
        Self::Api(error.into())
    }
}

impl From<RequestError> for OAuthError {
    fn from(error: RequestError) -> Self {
        Self::Api(error.into())
    }
}

/// Status and code of each error.
impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        let message = error.to_string();
        let (status, code) = match error {
            OAuthError::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            OAuthError::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            OAuthError::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            OAuthError::UnauthorizedClient => (StatusCode::BAD_REQUEST, "unauthorized_client"),
            OAuthError::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope"),
            OAuthError::InvalidTarget => (StatusCode::BAD_REQUEST, "invalid_target"),
            OAuthError::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            OAuthError::Api(error) => return error,
        };
        let answer = Self::new(status, code, message).in_oauth_form();
        if status == StatusCode::UNAUTHORIZED {
            answer.challenge(r#"Basic realm="clients", charset="UTF-8""#)
        } else {
            answer
        }
    }
}
