//! Settings of password hashing.

use serde::{Deserialize, Serialize};

/// Argon2id. Environment: `AUTH__PASSWORDS__MEMORY_KIB`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// Memory of one hash in KiB. Default: 19456, as recommended by OWASP.
    pub memory_kib: u32,
    /// Passes over the memory. Default: 2.
    pub iterations: u32,
    /// Lanes. Default: 1.
    pub parallelism: u32,
    /// Hashing threads. Default: one per core.
    pub threads: Option<usize>,
    /// Maximum number of waiting hashes; beyond that requests get 503. Default: 32 per thread.
    pub queue: Option<usize>,
    /// `fast`, or `portable`, which is slower; the hashes are the same. Default: `fast`.
    pub implementation: Argon2Implementation,
    /// How long a password reset token is valid. Default: 3600.
    pub reset_ttl_secs: u32,
}

/// The implementation of argon2id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Argon2Implementation {
    /// `argon2-rust`, unless its hashes are wrong at startup.
    #[default]
    Fast,
    /// `argon2`, of `RustCrypto`.
    Portable,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: None,
            queue: None,
            implementation: Argon2Implementation::Fast,
            reset_ttl_secs: 3600,
        }
    }
}
