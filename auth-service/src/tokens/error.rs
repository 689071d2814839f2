//! The error responses of this feature.

use service_kit::ApiError;

use crate::keys::{key_ring::NoCurrentKey, signing_key::SigningError};

/// Why no token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is no signing key.
    #[error(transparent)]
    NoCurrentKey(#[from] NoCurrentKey),
    /// Signing failed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NoCurrentKey(error) => error.into(),
            TokenError::Signing(error) => Self::internal(error),
        }
    }
}
