//! The errors of this feature and their responses.

use service_kit::ApiError;
use shared::AuthError;

use crate::{
    db::{Abort, DbError},
    guessing::error::TooManyRequests,
    tokens::error::TokenError,
    users::authentication::AuthenticationError,
};

/// Why a session or its tokens are not available.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The username is unknown, or the password is wrong; the client does not learn which.
    #[error("Invalid username or password")]
    InvalidCredentials,
    /// The password is right, but the user may not log in.
    #[error("This account is disabled")]
    UserDisabled,
    /// No live session of this user has that id.
    #[error("No such session")]
    NoSuchSession,
    /// The token or its session is no longer valid.
    #[error(transparent)]
    Refused(#[from] AuthError),
    /// A spent refresh token was used again: its session is ended. The client only learns that it is revoked.
    #[error("Token has been revoked")]
    TokenReused,
    /// The scope exceeds what was granted.
    #[error("The scope exceeds what was granted")]
    ScopeExceeded,
    /// Another audience than the one that was granted.
    #[error("The resource is not the one that was authorized")]
    OtherAudience,
    /// The session has had too many access tokens.
    #[error(transparent)]
    TooMany(#[from] TooManyRequests),
    /// The password cannot be checked.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No token can be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::InvalidCredentials => Self::unauthorized("invalid_credentials", error.to_string()),
            SessionError::UserDisabled => Self::forbidden("user_disabled", error.to_string()),
            SessionError::NoSuchSession => Self::not_found("session_not_found", error.to_string()),
            SessionError::Refused(error) => error.into(),
            SessionError::TokenReused => Self::from(AuthError::Revoked).counted_as("token_reused"),
            SessionError::ScopeExceeded => Self::bad_request("invalid_scope", error.to_string()),
            SessionError::OtherAudience => Self::bad_request("invalid_target", error.to_string()),
            SessionError::TooMany(error) => error.into(),
            SessionError::Authentication(error) => error.into(),
            SessionError::Db(error) => error.into(),
            SessionError::Token(error) => error.into(),
        }
    }
}

impl From<AuthError> for Abort<SessionError> {
    fn from(error: AuthError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<SessionError> for Abort<SessionError> {
    fn from(error: SessionError) -> Self {
        Self::Refused(error)
    }
}
