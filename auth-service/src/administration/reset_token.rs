//! Password reset tokens.

use crate::{
    clients::client_secret::SecretHash,
    random_text::{NoRandomness, random_text},
};

/// A single-use password reset token: 256 random bits. It has no `Debug`.
pub struct ResetToken(String);

impl ResetToken {
    /// Generates a token.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(random_text::<32>()?.as_str().to_owned()))
    }

    /// As it was sent, which may be invalid.
    pub fn sent(text: String) -> Self {
        Self(text)
    }

    /// For its user.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash that is stored. 256 random bits need neither salt nor a slow hash, and the time of a lookup by hash reveals
    /// nothing about the token.
    pub fn hash(&self) -> String {
        SecretHash::of(&self.0).as_str().to_owned()
    }
}
