//! Why a code is not issued or exchanged.

use service_kit::ApiError;

use crate::{
    db::{Abort, DbError},
    guessing::error::TooManyRequests,
    random_text::NoRandomness,
    sessions::error::SessionError,
    tokens::error::TokenError,
};

/// Why a code is not issued or exchanged.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// The code is invalid, expired, used, or another client's: the client does not learn which.
    #[error("The code is invalid, expired, or was issued to another client")]
    InvalidCode,
    /// Another resource than the code was issued for.
    #[error("The resource is not the one that was authorized")]
    InvalidTarget,
    /// The browser session has had too many codes exchanged.
    #[error(transparent)]
    TooMany(#[from] TooManyRequests),
    /// No code can be generated.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The session that is to begin.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No token can be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<AuthorizationError> for Abort<AuthorizationError> {
    fn from(error: AuthorizationError) -> Self {
        Self::Refused(error)
    }
}

impl From<AuthorizationError> for ApiError {
    fn from(error: AuthorizationError) -> Self {
        match error {
            AuthorizationError::InvalidCode => Self::bad_request("invalid_grant", error.to_string()),
            AuthorizationError::InvalidTarget => Self::bad_request("invalid_target", error.to_string()),
            AuthorizationError::TooMany(error) => error.into(),
            AuthorizationError::NoRandomness(error) => Self::internal(error),
            AuthorizationError::Session(error) => error.into(),
            AuthorizationError::Db(error) => error.into(),
            AuthorizationError::Token(error) => error.into(),
        }
    }
}
