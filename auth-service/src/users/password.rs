//! A password.

use std::fmt;

use zeroize::Zeroizing;

/// A password as typed: never trimmed, never printed, wiped from memory after use.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// A password that is too short or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A password has 8 to 1024 bytes")]
pub struct InvalidPassword;

impl Password {
    /// A password to register with: 8 to 1024 bytes of any Unicode.
    ///
    /// # Errors
    /// [`InvalidPassword`] if it is shorter or longer.
    pub fn choose(text: String) -> Result<Self, InvalidPassword> {
        if (8..=1024).contains(&text.len()) { Ok(Self::typed(text)) } else { Err(InvalidPassword) }
    }

    /// A password to log in with: whatever was typed.
    pub fn typed(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}
