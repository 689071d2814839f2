//! The times that the key endpoints need.

use std::time::Duration;

use crate::config::KeyConfig;

/// The times that the key endpoints need, without the private key that the settings may hold.
#[derive(Clone, Copy)]
pub struct KeyTimes {
    /// How long caches may keep the key set.
    pub jwks_max_age: Duration,
    /// How long a verifier is considered live after it last fetched the key set.
    pub verifier_ttl: Duration,
}

impl KeyTimes {
    /// Those of the settings.
    pub fn of(config: &KeyConfig) -> Self {
        Self { jwks_max_age: config.jwks_max_age(), verifier_ttl: Duration::from_secs(config.verifier_ttl_secs) }
    }
}
