//! A signing key and its times.

use std::sync::Arc;

use serde_json::json;
use shared::UnixTime;

use super::signing_key::SigningKey;

/// A key and its times.
#[derive(Clone)]
pub struct TimedKey {
    /// The pair that signs tokens.
    pub key: Arc<SigningKey>,
    /// The pair that signs the status lists meanwhile. A key of an earlier release has none until it is given one.
    pub list_key: Option<Arc<SigningKey>>,
    /// When it is published.
    pub created_at: UnixTime,
    /// When it starts to sign.
    pub active_from: UnixTime,
    /// When it stops signing, if known.
    pub retire_at: Option<UnixTime>,
    /// When it is no longer published, if known.
    pub forget_at: Option<UnixTime>,
}

impl TimedKey {
    /// Whether it is no longer published.
    pub fn is_forgotten(&self, now: UnixTime) -> bool {
        self.forget_at.is_some_and(|at| at <= now)
    }

    /// Whether both are the same keys with the same times.
    pub fn is_same(&self, other: &Self) -> bool {
        let times = |timed: &Self| (timed.created_at, timed.active_from, timed.retire_at, timed.forget_at);
        self.key.kid() == other.key.kid() && self.list_kid() == other.list_kid() && times(self) == times(other)
    }

    fn list_kid(&self) -> Option<&str> {
        self.list_key.as_deref().map(SigningKey::kid)
    }
}

/// These keys as a JWK set (RFC 7517): the same bytes on every node.
pub fn jwks<'k>(keys: impl Iterator<Item = &'k TimedKey>) -> String {
    jwk_set(keys, |timed| Some(&timed.key))
}

/// Their list keys, likewise.
pub fn list_jwks<'k>(keys: impl Iterator<Item = &'k TimedKey>) -> String {
    jwk_set(keys, |timed| timed.list_key.as_ref())
}

fn jwk_set<'k>(
    keys: impl Iterator<Item = &'k TimedKey>,
    of: impl Fn(&'k TimedKey) -> Option<&'k Arc<SigningKey>>,
) -> String {
    let mut keys: Vec<_> = keys.collect();
    // An order that does not change when a key is activated early.
    keys.sort_by_key(|timed| (timed.created_at, timed.key.kid()));
    let keys: Vec<_> = keys.into_iter().filter_map(of).map(|key| key.jwk()).collect();
    json!({ "keys": keys }).to_string()
}
