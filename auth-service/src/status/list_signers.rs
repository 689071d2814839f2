//! The keys that sign the status lists at a time.

use std::sync::Arc;

use shared::UnixTime;

use crate::keys::{
    key_ring::{KeyRing, NoCurrentKey},
    signing_key::SigningKey,
};

/// The keys that sign the status lists at a time.
#[derive(Clone)]
pub struct ListSigners {
    /// The list key.
    pub own: Arc<SigningKey>,
    /// The key that signs access tokens, for the old form: only where the settings ask for that.
    pub of_access_tokens: Option<Arc<SigningKey>>,
}

impl ListSigners {
    /// Those of this ring.
    ///
    /// # Errors
    /// [`NoCurrentKey`] if there is no list key. It never gives way to the key of access tokens.
    pub fn current(ring: &KeyRing, has_old_form: bool, now: UnixTime) -> Result<Self, NoCurrentKey> {
        let current = ring.current(now)?;
        let own = current.list_key.clone().ok_or(NoCurrentKey)?;
        Ok(Self { own, of_access_tokens: has_old_form.then(|| Arc::clone(&current.key)) })
    }

    /// Whether both are the same keys.
    pub fn are_same(&self, other: &Self) -> bool {
        self.own.kid() == other.own.kid() && self.kid_of_access_tokens() == other.kid_of_access_tokens()
    }

    fn kid_of_access_tokens(&self) -> Option<&str> {
        self.of_access_tokens.as_deref().map(SigningKey::kid)
    }
}
