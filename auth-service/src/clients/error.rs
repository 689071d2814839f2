//! The errors of this feature and their responses.

use std::io;

use service_kit::ApiError;
use shared::AuthError;

use super::{client_id::InvalidClientId, kind::Kind, sent_registration::InvalidRegistration};
use crate::{
    db::{Abort, DbError},
    guessing::error::TooManyRequests,
    random_text::NoRandomness,
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
    /// The name does not fit the kind.
    #[error(transparent)]
    Name(#[from] InvalidClientId),
    /// The registration makes no sense.
    #[error(transparent)]
    Invalid(#[from] InvalidRegistration),
    /// The id and the secret depend on the kind.
    #[error("the client is a {0} client; the kind of a client cannot be changed")]
    OtherKind(Kind),
    /// The same, in a file.
    #[error("client {0} is a {1} client; the kind of a client cannot be changed: delete it, or use another name")]
    OtherKindOf(String, Kind),
    /// The administrator may no longer do this.
    #[error(transparent)]
    Unauthorized(#[from] AuthError),
    /// It has no secret.
    #[error("the client is public and has no secret")]
    IsPublic,
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

/// Codes of RFC 7591, section 3.2.2, where it has them.
impl From<ClientError> for ApiError {
    fn from(error: ClientError) -> Self {
        let message = error.to_string();
        match error {
            ClientError::AlreadyExists => Self::conflict("client_exists", "A client of that name already exists"),
            ClientError::NoSuchClient => Self::not_found("no_such_client", "No such client"),
            ClientError::Name(_) => Self::bad_request("invalid_request", message),
            ClientError::Invalid(InvalidRegistration::RedirectUri { .. }) => {
                Self::bad_request("invalid_redirect_uri", message)
            }
            ClientError::Invalid(_) => Self::bad_request("invalid_client_metadata", message),
            ClientError::OtherKind(_) | ClientError::OtherKindOf(..) => {
                Self::bad_request("invalid_client_metadata", "The kind of a client cannot be changed")
            }
            ClientError::IsPublic => Self::conflict("public_client", "The client is public and has no secret"),
            ClientError::Unauthorized(error) => error.into(),
            ClientError::NoRandomness(_) | ClientError::NotHandedOver(_) => Self::internal(error),
            ClientError::Db(error) => error.into(),
        }
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
