//! The errors of this feature and their responses.

use service_kit::{ApiError, StartError, error_chain};
use shared::AuthError;

use super::{key_ring::NoCurrentKey, key_safe::KeyCreationError, open_error::OpenError};
use crate::{
    config::SETTINGS,
    db::{Abort, DbError},
};

/// Why keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key is set in the settings.
    #[error("The signing key is set by AUTH__KEYS__PRIVATE_KEY and cannot be changed here")]
    FromSettings,
    /// A key could not be created.
    #[error("failed to create a key")]
    Creation(#[from] KeyCreationError),
    /// A key could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The administrator may not make the change.
    #[error(transparent)]
    Unauthorized(#[from] AuthError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Why a key change stops. What it has written is rolled back.
#[derive(Debug)]
pub enum Stop {
    /// It needs a new key. One is created once the lock is released, and the change is run again.
    NeedsKey,
    /// It failed.
    Failed(KeyError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<AuthError> for Stop {
    fn from(error: AuthError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<KeyError> for Abort<Stop> {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Db(error) => Self::Db(error),
            error => Self::Refused(Stop::Failed(error)),
        }
    }
}

impl From<OpenError> for Abort<Stop> {
    fn from(error: OpenError) -> Self {
        KeyError::from(error).into()
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::FromSettings => Self::conflict("keys_from_settings", error.to_string()),
            KeyError::Unauthorized(error) => error.into(),
            KeyError::Db(error) => error.into(),
            error @ (KeyError::Creation(_) | KeyError::Open(_)) => Self::internal(error),
        }
    }
}

impl From<NoCurrentKey> for ApiError {
    fn from(error: NoCurrentKey) -> Self {
        Self::unavailable("keys_unavailable", "No signing key is available, retry later").because(error)
    }
}

impl From<KeyError> for StartError {
    fn from(error: KeyError) -> Self {
        let (setting, remedy) = match &error {
            KeyError::FromSettings => ("keys.private_key", "Unset it to use generated keys in the database."),
            KeyError::Creation(_) => ("keys.bits", "Check this machine's source of randomness."),
            KeyError::Open(OpenError::WrongMasterKey(_)) => {
                ("master_key", "Set the master key under which it was encrypted.")
            }
            KeyError::Open(OpenError::Damaged(_) | OpenError::Invalid(..)) => (
                "database.url",
                "Restore that row of signing_keys or secrets from a backup. Without one, delete it: a new key is created, \
                 and tokens of the old one are rejected.",
            ),
            KeyError::Unauthorized(_) | KeyError::Db(_) => ("database.url", "Check the database."),
        };
        let problem = match &error {
            KeyError::Db(_) => format!("failed to load the keys: {}", error_chain(&error)),
            error => error_chain(error),
        };
        Self::new(SETTINGS.variable(setting), problem, remedy)
    }
}
