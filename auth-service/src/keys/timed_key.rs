//! A signing key and its times.

use std::sync::Arc;

use serde_json::json;
use shared::UnixTime;

use super::signing_key::SigningKey;

/// A key and its times.
#[derive(Clone)]
pub struct TimedKey {
    /// The pair that signs access tokens.
    pub key: Arc<SigningKey>,
    /// The pair that signs the status lists meanwhile. A key of an earlier release has none until it is given one.
    pub list_key: Option<Arc<SigningKey>>,
    /// The pair that signs ID tokens and logout tokens meanwhile, likewise.
    pub id_key: Option<Arc<SigningKey>>,
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
        self.kids() == other.kids() && times(self) == times(other)
    }

    fn kids(&self) -> [Option<&str>; 3] {
        [Some(&self.key), self.list_key.as_ref(), self.id_key.as_ref()].map(|key| key.map(|key| key.kid()))
    }
}

/// These keys and their ID keys as a JWK set (RFC 7517): the same bytes on every node.
pub fn jwks<'k>(keys: impl Iterator<Item = &'k TimedKey>) -> String {
    let keys = in_order(keys);
    let id_keys = keys.iter().filter_map(|timed| timed.id_key.as_ref());
    jwk_set(keys.iter().map(|timed| &timed.key).chain(id_keys))
}

/// Without their ID keys: what an access token may be signed with.
pub fn access_jwks<'k>(keys: impl Iterator<Item = &'k TimedKey>) -> String {
    jwk_set(in_order(keys).into_iter().map(|timed| &timed.key))
}

/// Their list keys, likewise.
pub fn list_jwks<'k>(keys: impl Iterator<Item = &'k TimedKey>) -> String {
    jwk_set(in_order(keys).into_iter().filter_map(|timed| timed.list_key.as_ref()))
}

/// In an order that does not change when a key is activated early.
fn in_order<'k>(keys: impl Iterator<Item = &'k TimedKey>) -> Vec<&'k TimedKey> {
    let mut keys: Vec<_> = keys.collect();
    keys.sort_by_key(|timed| (timed.created_at, timed.key.kid()));
    keys
}

fn jwk_set<'k>(keys: impl Iterator<Item = &'k Arc<SigningKey>>) -> String {
    let keys: Vec<_> = keys.map(|key| key.jwk()).collect();
    json!({ "keys": keys }).to_string()
}
