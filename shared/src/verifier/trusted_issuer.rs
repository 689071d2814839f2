//! An issuer whose tokens are accepted.

use std::sync::Arc;

use crate::{
    keys::JwksCache,
    status::{StatusCheck, StatusListCache, StatusPolicy, is_below},
    tasks::RefreshStats,
    time::UnixTime,
};

/// An issuer whose tokens are accepted: its name, keys, status lists and policy.
///
/// The verifier finds it once, by the token's `iss`, and takes everything else from it. No second name is compared that could
/// differ and leave tokens unchecked.
pub struct TrustedIssuer {
    name: Box<str>,
    keys: Arc<JwksCache>,
    status: Option<StatusCheck>,
    pub(crate) key_stats: Option<Arc<RefreshStats>>,
    pub(crate) status_stats: Option<Arc<RefreshStats>>,
}

impl TrustedIssuer {
    /// The issuer whose tokens have this `iss` (exact match), with its keys. Revocation is not checked.
    pub fn new(name: impl Into<String>, keys: Arc<JwksCache>) -> Self {
        Self { name: name.into().into(), keys, status: None, key_stats: None, status_stats: None }
    }

    /// Also checks tokens against the issuer's status lists.
    #[must_use]
    pub fn with_status(self, lists: Arc<StatusListCache>, policy: StatusPolicy) -> Self {
        Self { status: Some(StatusCheck { lists, policy }), ..self }
    }

    /// The `iss` of its tokens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its keys.
    pub fn keys(&self) -> &Arc<JwksCache> {
        &self.keys
    }

    /// Its status lists, if tokens are checked against them.
    pub fn status_lists(&self) -> Option<&Arc<StatusListCache>> {
        self.status.as_ref().map(|status| &status.lists)
    }

    /// Statistics of fetching its keys; `None` for keys from configuration.
    pub fn key_stats(&self) -> Option<&RefreshStats> {
        self.key_stats.as_deref()
    }

    /// Statistics of fetching its status lists, if they are fetched.
    pub fn status_stats(&self) -> Option<&RefreshStats> {
        self.status_stats.as_deref()
    }

    pub(crate) fn status(&self) -> Option<&StatusCheck> {
        self.status.as_ref()
    }

    /// Whether this issuer may publish a list at this URI. Otherwise one issuer's tokens could refer to lists of another.
    pub(crate) fn may_publish(&self, list_uri: &str) -> bool {
        self.status.is_none() || is_below(list_uri, &self.name)
    }

    /// Whether its tokens can be verified.
    pub(crate) fn readiness(&self, now: UnixTime) -> Result<(), NotReady> {
        if !self.keys.is_current(now) {
            return Err(NotReady::Keys);
        }
        if self.status.as_ref().is_some_and(|status| !status.is_ready(now)) {
            return Err(NotReady::Status);
        }
        Ok(())
    }
}

/// Why the tokens of an issuer cannot be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotReady {
    Keys,
    Status,
}
