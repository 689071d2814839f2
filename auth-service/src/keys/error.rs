//! Why keys cannot be changed, and the error responses of this feature.

use service_kit::ApiError;

use super::{key_ring::NoCurrentKey, key_safe::KeyCreationError};
use crate::db::DbError;

/// Why keys could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The one key is from the settings.
    #[error("The signing key is given by AUTH__KEYS__PRIVATE_KEY, so it cannot be changed here")]
    FromSettings,
    /// The key could not be created.
    #[error("internal error")]
    Creation(#[from] KeyCreationError),
    /// The database refuses.
    #[error("internal error")]
    Db(#[from] DbError),
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::FromSettings => Self::conflict("keys_from_settings", error.to_string()),
            KeyError::Db(error) => error.into(),
            error @ KeyError::Creation(_) => Self::internal(error),
        }
    }
}

impl From<NoCurrentKey> for ApiError {
    fn from(error: NoCurrentKey) -> Self {
        Self::unavailable("keys_unavailable", "No signing key is available, retry later").because(error)
    }
}
