//! The secret of a client.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::Secret;

use crate::random_text::{NoRandomness, random_text};

/// A prefix for secret scanners.
const PREFIX: &str = "cs1.";

/// The stored hash of a secret: SHA-256. A slow hash would add no protection, since a secret has 256 random bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretHash(String);

/// A new secret.
///
/// # Errors
/// [`NoRandomness`].
pub fn generate() -> Result<Secret, NoRandomness> {
    Ok(Secret::new(format!("{PREFIX}{}", random_text::<32>()?.as_str())))
}

impl SecretHash {
    /// Of a secret.
    pub fn of(secret: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes())))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares it with the stored one in constant time.
    pub fn is(&self, stored: &str) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), stored.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_stored_as_its_hash_and_is_unique() {
        let [one, other] = [generate().unwrap(), generate().unwrap()];

        assert_ne!(one, other);
        assert_eq!(one.expose().len(), 4 + 43);
        assert!(SecretHash::of(one.expose()).is(SecretHash::of(one.expose()).as_str()));
        assert!(!SecretHash::of(one.expose()).is(SecretHash::of(other.expose()).as_str()));
    }
}
