//! Settings of limits on what strangers can do.

use serde::{Deserialize, Serialize};

/// Limits on guessing, and on what requests without a login cost. Environment: `AUTH__LIMITS__ACCOUNT_BURST`, …
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitConfig {
    /// Whether guessing, registrations and sessions are limited. Default: true.
    pub enabled: bool,
    /// Wrong passwords, client secrets and reset tokens allowed from one address in a burst, per node. Default: 30.
    pub address_burst: u32,
    /// How many more are allowed per minute. Default: 10.
    pub address_per_minute: u32,
    /// Guesses at one account's password allowed in a burst from unknown devices and networks, across all nodes.
    /// Default: 10.
    pub account_burst: u32,
    /// How many more are allowed per hour; fewer after 100 failures in a day. Default: 20.
    pub account_per_hour: u32,
    /// Guesses allowed in a burst from a device on which the user has logged in before, or from a network with a live session.
    /// Default: 10.
    pub known_burst: u32,
    /// How many more are allowed per hour. Default: 120.
    pub known_per_hour: u32,
    /// Registrations allowed from one address in a burst, per node. Default: 25.
    pub registration_burst: u32,
    /// How many more are allowed per hour. Default: 60.
    pub registration_per_hour: u32,
    /// Access tokens that one session can obtain in a burst. Default: 256.
    pub session_burst: u32,
    /// How many more it can obtain per minute. Default: 10.
    pub session_per_minute: u32,
    /// Maximum number of sessions per user: a login beyond it ends the least recently used ones, at most four. Default: 1000.
    pub sessions_per_user: u32,
}

impl Default for LimitConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            address_burst: 30,
            address_per_minute: 10,
            account_burst: 10,
            account_per_hour: 20,
            known_burst: 10,
            known_per_hour: 120,
            registration_burst: 25,
            registration_per_hour: 60,
            session_burst: 256,
            session_per_minute: 10,
            sessions_per_user: 1000,
        }
    }
}
