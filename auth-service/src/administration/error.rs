//! The errors of this feature and their responses.

use std::io;

use service_kit::ApiError;
use shared::AuthError;

use crate::{
    db::{Abort, DbError},
    tokens::error::TokenError,
    users::authentication::AuthenticationError,
};

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// No user has that name.
    #[error("No such user")]
    NoSuchUser,
    /// No admin would be left.
    #[error("This is the last admin who can log in; create another one first")]
    LastAdmin,
    /// The current password is incorrect.
    #[error("Password is incorrect")]
    WrongPassword,
    /// The administrator may no longer do this.
    #[error(transparent)]
    Unauthorized(#[from] AuthError),
    /// The reset token was used, has expired or never existed; the client does not learn which.
    #[error("The reset token is invalid or expired")]
    InvalidResetToken,
    /// The reset token could not be printed, so nothing was changed.
    #[error("cannot print the token, so nothing was changed: {0}")]
    NotHandedOver(#[source] io::Error),
    /// A password cannot be hashed.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// No token can be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NoSuchUser => Self::not_found("no_such_user", error.to_string()),
            AccountError::LastAdmin => Self::conflict("last_admin", error.to_string()),
            AccountError::WrongPassword => Self::forbidden("wrong_password", error.to_string()),
            AccountError::Unauthorized(error) => error.into(),
            AccountError::InvalidResetToken => Self::bad_request("invalid_reset_token", error.to_string()),
            AccountError::NotHandedOver(_) => Self::internal(error),
            AccountError::Authentication(error) => error.into(),
            AccountError::Token(error) => error.into(),
            AccountError::Db(error) => error.into(),
        }
    }
}

impl From<AccountError> for Abort<AccountError> {
    fn from(error: AccountError) -> Self {
        Self::Refused(error)
    }
}

impl From<AuthError> for Abort<AccountError> {
    fn from(error: AuthError) -> Self {
        AccountError::from(error).into()
    }
}
