//! Why something sealed cannot be opened.

use super::signing_key::InvalidSigningKey;

/// Why the key or secret of this name cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The master key opens nothing in this database.
    #[error("the master key does not decrypt the key {0}")]
    WrongMasterKey(String),
    /// The row is at fault, since the master key opens others, or since no master key would open it.
    #[error("the key {0} in the database is damaged, or encrypted under a different master key than the others")]
    Damaged(String),
    /// It opens, and is not a key that may sign: verifiers would reject its tokens.
    #[error("the key {0} in the database cannot sign: {1}")]
    Invalid(String, #[source] InvalidSigningKey),
}
