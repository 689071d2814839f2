//! Errors as OAuth has them.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde_json::json;
use service_kit::{ApiError, RequestError};

use crate::{db::DbError, sessions::error::SessionError};

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
    /// The scope is malformed, or exceeds that of the client.
    #[error("The scope is malformed or exceeds what this client may have")]
    InvalidScope,
    /// The grant type is not supported.
    #[error("Supported grants: client_credentials, refresh_token; users log in at /login")]
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

impl OAuthError {
    /// The one table from failure to answer: status and code. What is not OAuth's own is answered elsewhere.
    fn answer(&self) -> Option<(StatusCode, &'static str)> {
        match self {
            Self::InvalidRequest(_) => Some((StatusCode::BAD_REQUEST, "invalid_request")),
            Self::InvalidClient => Some((StatusCode::UNAUTHORIZED, "invalid_client")),
            Self::InvalidGrant => Some((StatusCode::BAD_REQUEST, "invalid_grant")),
            Self::InvalidScope => Some((StatusCode::BAD_REQUEST, "invalid_scope")),
            Self::UnsupportedGrantType => Some((StatusCode::BAD_REQUEST, "unsupported_grant_type")),
            Self::Api(_) => None,
        }
    }
}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Api(error) => error.status_code(),
            _ => self.answer().map_or(StatusCode::BAD_REQUEST, |(status, _)| status),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = match (self, self.answer()) {
            (Self::Api(error), _) => return error.error_response(),
            (_, Some(answer)) => answer,
            (_, None) => (StatusCode::BAD_REQUEST, "invalid_request"),
        };
        log::debug!("request refused: {self}");
        let mut builder = HttpResponse::build(status);
        builder.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::PRAGMA, "no-cache"));
        if matches!(self, Self::InvalidClient) {
            builder.insert_header((header::WWW_AUTHENTICATE, r#"Basic realm="clients", charset="UTF-8""#));
        }
        let sentence = self.to_string();
        builder.json(json!({ "error": code, "error_description": sentence, "message": sentence }))
    }
}
