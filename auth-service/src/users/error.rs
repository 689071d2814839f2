//! The errors of this feature and their responses.

use service_kit::ApiError;
use shared::AuthError;

use super::{
    authentication::AuthenticationError, hash_threads::HashingError, look_alike::RefusedName,
    password::InvalidPassword, password_policy::WeakPassword, username::InvalidUsername,
};
use crate::db::{Abort, DbError};

/// Why a user was not added.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another user has that name.
    #[error("Username already exists")]
    UsernameTaken,
    /// The administrator who adds the user may no longer do so.
    #[error(transparent)]
    Unauthorized(#[from] AuthError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<RegisterError> for Abort<RegisterError> {
    fn from(error: RegisterError) -> Self {
        Self::Refused(error)
    }
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::UsernameTaken => Self::bad_request("username_taken", "Username already exists"),
            RegisterError::Unauthorized(error) => error.into(),
            RegisterError::Db(error) => error.into(),
        }
    }
}

impl From<InvalidUsername> for ApiError {
    fn from(error: InvalidUsername) -> Self {
        Self::bad_request("invalid_request", error.to_string())
    }
}

impl From<RefusedName> for ApiError {
    fn from(error: RefusedName) -> Self {
        Self::bad_request("invalid_request", error.to_string())
    }
}

impl From<InvalidPassword> for ApiError {
    fn from(error: InvalidPassword) -> Self {
        Self::bad_request("invalid_request", error.to_string())
    }
}

impl From<WeakPassword> for ApiError {
    fn from(error: WeakPassword) -> Self {
        Self::bad_request("weak_password", error.to_string())
    }
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::TooMany(error) => error.into(),
            AuthenticationError::Db(error) => error.into(),
            AuthenticationError::Hashing(error) => error.into(),
        }
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::QueueFull => Self::unavailable("busy", "Service overloaded, retry later").because(error),
            HashingError::Failed(_) => Self::internal(error),
        }
    }
}
