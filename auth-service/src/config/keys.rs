//! Settings of signing keys.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::Secret;

/// Environment: `AUTH__KEYS__BITS`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyConfig {
    /// The size of new RSA keys: 2048, 3072 or 4096. Default: 2048.
    pub bits: usize,
    /// A private key in PEM to sign with, instead of generated keys in the database. Default: none.
    pub private_key: Option<Secret>,
    /// How long a key signs before it is rotated; must exceed the next setting. Default: 2592000 (30 days).
    pub rotate_every_secs: u64,
    /// How long a key is published before it signs; caches may keep the JWKS half as long, at most 300 seconds. Default: 600.
    pub publish_ahead_secs: u64,
    /// How long a verifier is considered live after its last JWKS request. Default: 300.
    pub verifier_ttl_secs: u64,
    /// What the keys that accompany [`Self::private_key`] are, instead of generated ones, as PEM: for tests, each of which has a
    /// database of its own, hence not a setting.
    #[serde(skip)]
    pub companions: Option<Companions>,
}

/// The keys that accompany one that signs access tokens.
#[derive(Clone, Debug)]
pub struct Companions {
    /// Signs status lists.
    pub status_lists: Secret,
    /// Signs ID tokens.
    pub id_tokens: Secret,
}

impl Default for KeyConfig {
    fn default() -> Self {
        Self {
            bits: 2048,
            private_key: None,
            rotate_every_secs: 2_592_000,
            publish_ahead_secs: 600,
            verifier_ttl_secs: 300,
            companions: None,
        }
    }
}

impl KeyConfig {
    /// How long caches may keep the JWKS: a key is published for at least twice as long before it signs.
    pub fn jwks_max_age(&self) -> Duration {
        const MAX_AGE: Duration = Duration::from_mins(5);
        MAX_AGE.min(Duration::from_secs(self.publish_ahead_secs / 2))
    }
}
