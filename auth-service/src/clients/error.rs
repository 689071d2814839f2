//! The errors of this feature and their responses.

use std::io;

use service_kit::ApiError;

use super::client_secret::NoRandomness;
use crate::{
    db::{Abort, DbError},
    guessing::error::TooManyRequests,
    tokens::error::TokenError,
};

/// Why a client was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Another client has that id.
    #[error("the client already exists")]
    AlreadyExists,
    /// No client has that id.
    #[error("no such client")]
    NoSuchClient,
    /// No secret can be generated.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The secret could not be printed, so nothing was changed.
    #[error("cannot print the secret, so nothing was changed: {0}")]
    NotHandedOver(#[source] io::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<ClientError> for Abort<ClientError> {
    fn from(error: ClientError) -> Self {
        Self::Refused(error)
    }
}

/// Why a client cannot be authenticated now.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthenticationError {
    /// The address has failed too often.
    #[error(transparent)]
    TooMany(#[from] TooManyRequests),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<ClientAuthenticationError> for ApiError {
    fn from(error: ClientAuthenticationError) -> Self {
        match error {
            ClientAuthenticationError::TooMany(error) => error.into(),
            ClientAuthenticationError::Db(error) => error.into(),
        }
    }
}

/// Why a client gets no token.
#[derive(Debug, thiserror::Error)]
pub enum ClientTokenError {
    /// The client has been deleted or its secret rotated in the meantime.
    #[error("the client's credentials are no longer valid")]
    Revoked,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No token can be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<ClientTokenError> for Abort<ClientTokenError> {
    fn from(error: ClientTokenError) -> Self {
        Self::Refused(error)
    }
}

impl From<ClientTokenError> for ApiError {
    fn from(error: ClientTokenError) -> Self {
        match error {
            ClientTokenError::Revoked => Self::unauthorized("invalid_client", error.to_string()),
            ClientTokenError::Db(error) => error.into(),
            ClientTokenError::Token(error) => error.into(),
        }
    }
}
