//! Why keys and secrets cannot be decrypted.

use super::signing_key::InvalidSigningKey;

/// Why the key or secret of this name cannot be decrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The master key decrypts nothing in this database.
    #[error("the master key does not decrypt the key {0}")]
    WrongMasterKey(String),
    /// The row is damaged, since the master key decrypts others, or since no master key could decrypt it.
    #[error("the key {0} in the database is damaged, or encrypted under a different master key than the others")]
    Damaged(String),
    /// It was decrypted, but must not sign: verifiers would reject its tokens.
    #[error("the key {0} in the database cannot sign: {1}")]
    Invalid(String, #[source] InvalidSigningKey),
}
