//! A token whose signature has been verified.

use std::{fmt, ops::Deref};

use crate::{claims::Claims, status::ValidIn};

/// A token whose signature has been verified. Dereferences to its [`Claims`].
#[derive(PartialEq)]
pub struct VerifiedToken {
    pub(crate) token: Box<str>,
    pub(crate) claims: Claims,
    /// The index of its issuer in `TokenVerifier::issuers`.
    pub(crate) issuer: usize,
    /// The generation of the issuer's keys that it was verified with.
    pub(crate) generation: u64,
    pub(crate) valid_in: ValidIn,
}

impl VerifiedToken {
    /// All claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

impl Deref for VerifiedToken {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}

/// Omits the token itself, which is a credential.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedToken").field(&self.claims).finish()
    }
}
