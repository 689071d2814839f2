//! The keys that sign an issuer's status lists.

use std::sync::Arc;

use crate::keys::JwksCache;
#[cfg(feature = "client")]
use crate::time::UnixTime;

/// The keys that may have signed an issuer's status lists.
///
/// A list is public. If a key of access tokens signed it, a verifier that checks no more than signature, issuer and expiry
/// would take it for an access token. So lists have keys of their own, in a key set of their own, which the issuer's metadata
/// names.
#[derive(Clone)]
pub struct StatusListKeys {
    own: Arc<JwksCache>,
    access_tokens: Arc<JwksCache>,
}

/// What a status list token must look like, and which keys may have signed it.
#[derive(Clone, Copy)]
pub enum StatusListForm<'k> {
    /// Signed with a key for lists alone, with [`STATUS_LIST_AUDIENCE`](super::STATUS_LIST_AUDIENCE).
    OwnKeys(&'k JwksCache),
    /// Signed with a key of the issuer's access tokens: of an issuer whose metadata names no key set for lists.
    AccessTokenKeys(&'k JwksCache),
}

impl StatusListKeys {
    /// Lists are verified with the keys in `own`, and with those of `access_tokens` if the issuer has none of its own for
    /// lists ([`JwksCache::is_absent`]).
    pub fn new(own: Arc<JwksCache>, access_tokens: Arc<JwksCache>) -> Self {
        Self { own, access_tokens }
    }

    /// The form that the issuer's metadata promises. As long as nobody has read it, no list is accepted.
    pub fn form(&self) -> StatusListForm<'_> {
        if self.own.is_absent() {
            StatusListForm::AccessTokenKeys(&self.access_tokens)
        } else {
            StatusListForm::OwnKeys(&self.own)
        }
    }

    /// The form of a disk copy. Without a copy of the key set it was written before there were any.
    #[cfg(feature = "client")]
    pub(crate) fn form_of_copy(&self) -> StatusListForm<'_> {
        if self.own.is_unknown() { StatusListForm::AccessTokenKeys(&self.access_tokens) } else { self.form() }
    }

    /// Refetches the keys because of a list whose key is unknown. That may also be the first list of an issuer that did not
    /// have keys for lists before.
    #[cfg(feature = "client")]
    pub(crate) async fn refetch(&self, now: UnixTime) {
        let are_tried = self.own.is_absent();
        refetch_or_wait(&self.own, now).await;
        // At startup the lists have yet to be tried with those of access tokens, which may be there already.
        if self.own.is_absent() && (are_tried || !self.access_tokens.is_current(now)) {
            refetch_or_wait(&self.access_tokens, now).await;
        }
    }
}

/// While keys are missing or stale, their task fetches anyway.
#[cfg(feature = "client")]
async fn refetch_or_wait(keys: &JwksCache, now: UnixTime) {
    if keys.is_current(now) || keys.is_absent() {
        keys.refetch().await;
    } else {
        keys.next_refresh().await;
    }
}
