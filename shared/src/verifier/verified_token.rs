//! A token whose signature has been checked.

use std::{fmt, ops::Deref};

use crate::claims::Claims;

/// A token whose signature has been checked, and its claims. It reads like its [`Claims`].
#[derive(PartialEq)]
pub struct VerifiedToken {
    pub(crate) token: Box<str>,
    pub(crate) claims: Claims,
    /// The index of its issuer among the trusted ones.
    pub(crate) issuer: usize,
    /// The generation of the issuer's keys that it was checked with.
    pub(crate) generation: u64,
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

/// Without the token itself, which is as good as a password while it lives.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedToken").field(&self.claims).finish()
    }
}
