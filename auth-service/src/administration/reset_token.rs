//! The one-time token with which a password is chosen anew.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 random bits with which a password is chosen anew, once. It never prints.
pub struct ResetToken(String);

impl ResetToken {
    /// A new one.
    ///
    /// # Errors
    /// If this machine has no randomness.
    pub fn make() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// As it was given, which may be none at all.
    pub fn given(text: String) -> Self {
        Self(text)
    }

    /// For whoever is to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it. So many random bits need no salt and no slow hash, and looking the hash up tells nothing of
    /// the token by how long it takes.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }
}
