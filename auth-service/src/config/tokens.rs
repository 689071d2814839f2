//! Settings of tokens.

use serde::{Deserialize, Serialize};

/// How long tokens live. Environment: `AUTH__TOKENS__ACCESS_TTL_SECS`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenConfig {
    /// The life of an access token. Default: 900.
    pub access_ttl_secs: u32,
    /// How long a refresh token may lie unused; each refresh brings a new one. Default: 2592000 (30 days).
    pub refresh_ttl_secs: u32,
    /// How long a login lasts at most, however often it is refreshed. Default: 7776000 (90 days).
    pub session_ttl_secs: u32,
    /// How long a refresh may be tried again with the same token, where the answer was lost. Default: 30.
    pub reuse_grace_secs: u32,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self { access_ttl_secs: 900, refresh_ttl_secs: 2_592_000, session_ttl_secs: 7_776_000, reuse_grace_secs: 30 }
    }
}
