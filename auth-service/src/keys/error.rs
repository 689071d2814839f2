//! The error responses of this feature.

use service_kit::ApiError;

use super::{key_ring::NoCurrentKey, managed_keys::KeyError};

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
