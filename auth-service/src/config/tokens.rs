//! Settings of tokens.

use serde::{Deserialize, Serialize};

/// Lifetimes of tokens. Environment: `AUTH__TOKENS__ACCESS_TTL_SECS`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenConfig {
    /// The lifetime of an access token. Default: 900.
    pub access_ttl_secs: u32,
    /// The lifetime of an unused refresh token; each refresh issues a new one. Default: 2592000 (30 days).
    pub refresh_ttl_secs: u32,
    /// The maximum lifetime of a session, however often it is refreshed. Default: 7776000 (90 days).
    pub session_ttl_secs: u32,
    /// How long a refresh may be retried with the same token if the response was lost. Default: 30.
    pub reuse_grace_secs: u32,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self { access_ttl_secs: 900, refresh_ttl_secs: 2_592_000, session_ttl_secs: 7_776_000, reuse_grace_secs: 30 }
    }
}
