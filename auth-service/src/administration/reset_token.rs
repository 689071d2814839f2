//! Password reset tokens.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A single-use password reset token: 256 random bits. It has no `Debug`.
pub struct ResetToken(String);

impl ResetToken {
    /// Generates a token.
    ///
    /// # Errors
    /// If the operating system provides no randomness.
    pub fn generate() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
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
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }
}
