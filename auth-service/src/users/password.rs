//! A password.

use std::{fmt, ops::RangeInclusive};

use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

use super::username::Username;

/// A password: never trimmed, never printed, wiped from memory after use.
///
/// It is compared in Unicode's normalization form C (RFC 8265, section 4.2.2), since keyboards differ in how they compose `ü`.
#[derive(Clone)]
pub struct Password {
    normalized: Zeroizing<String>,
    /// Only if it differs.
    as_typed: Option<Zeroizing<String>>,
}

/// A password that is too short or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A password must have 8 to 1024 bytes")]
pub struct InvalidPassword;

impl Password {
    const LEN: RangeInclusive<usize> = 8..=1024;

    /// A password to be chosen, of 8 to 1024 bytes of any Unicode. Whether it may be is up to the policy.
    ///
    /// # Errors
    /// [`InvalidPassword`] if it is shorter or longer.
    pub fn choose(text: String) -> Result<Self, InvalidPassword> {
        if Self::LEN.contains(&text.len()) { Ok(Self::typed(text)) } else { Err(InvalidPassword) }
    }

    /// A password to log in with: whatever was typed.
    pub fn typed(text: String) -> Self {
        let text = Zeroizing::new(text);
        let normalizer = ComposingNormalizerBorrowed::new_nfc();
        // Normalizing takes time, and no password is longer.
        if text.len() > *Self::LEN.end() || normalizer.is_normalized(&text) {
            return Self { normalized: text, as_typed: None };
        }
        let normalized = Zeroizing::new(normalizer.normalize(&text).into_owned());
        Self { normalized, as_typed: Some(text) }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.normalized.as_bytes()
    }

    /// Without regard to case, as usernames are compared.
    pub(super) fn folded(&self) -> Zeroizing<String> {
        // Folding other text leaves parts of it in memory.
        let is_ascii = self.normalized.is_ascii();
        Zeroizing::new(if is_ascii {
            self.normalized.to_ascii_lowercase()
        } else {
            Username::fold_part(&self.normalized)
        })
    }

    /// As it was typed, which hashes of earlier releases are of; `None` if that is the same.
    pub(super) fn as_typed(&self) -> Option<&[u8]> {
        self.as_typed.as_ref().map(|text| text.as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}
