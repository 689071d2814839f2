//! What failures of this feature answer.

use service_kit::ApiError;

use crate::keys::{key_ring::NoCurrentKey, signing_key::CannotSign};

/// Why no token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is no key to sign with.
    #[error(transparent)]
    NoCurrentKey(#[from] NoCurrentKey),
    /// Signing failed.
    #[error(transparent)]
    Signing(#[from] CannotSign),
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NoCurrentKey(error) => error.into(),
            TokenError::Signing(error) => Self::internal(error),
        }
    }
}
