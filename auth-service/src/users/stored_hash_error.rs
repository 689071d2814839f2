//! Why a stored hash cannot be used.

/// Why a password is not compared with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredHashError {
    /// Not in a form that is known here.
    #[error("not a password hash in a known form")]
    Unreadable,
    /// It would occupy a hashing thread, or the machine's memory. What exceeds which limit.
    #[error("too expensive to verify: {0}")]
    TooExpensive(&'static str),
}
