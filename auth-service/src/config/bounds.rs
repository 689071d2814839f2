//! The bounds of numbers in the settings.

use service_kit::{Bound, ServerSettings};

use super::Config;

impl Config {
    /// The bounds of numbers.
    pub fn bounds(&self) -> impl IntoIterator<Item = Bound> {
        const HOUR: u64 = 3600;
        const DAY: u64 = 24 * HOUR;
        const YEAR: u64 = 365 * DAY;
        const MAX_BURST: u64 = 1_000_000;
        let Self { database, keys, passwords, tokens, limits, .. } = self;
        let own = [
            Bound::of("drain_secs", self.drain_secs, 0..=HOUR),
            Bound::of("keep_alive_secs", self.keep_alive_secs, 1..=HOUR),
            Bound::of_optional("workers", self.workers, 1..=ServerSettings::MAX_WORKERS),
            Bound::of_optional("hsts_secs", self.hsts_secs, 0..=10 * YEAR),
            Bound::of("database.connections", database.connections, 1..=1000),
            Bound::of("database.start_wait_secs", database.start_wait_secs, 0..=HOUR),
            Bound::of("keys.rotate_every_secs", keys.rotate_every_secs, 1..=10 * YEAR),
            Bound::of("keys.publish_ahead_secs", keys.publish_ahead_secs, 0..=YEAR),
            Bound::of("keys.verifier_ttl_secs", keys.verifier_ttl_secs, 1..=DAY),
            Bound::of("passwords.memory_kib", passwords.memory_kib, 8..=4 * 1024 * 1024),
            Bound::of("passwords.iterations", passwords.iterations, 1..=1000),
            Bound::of("passwords.parallelism", passwords.parallelism, 1..=256),
            Bound::of_optional("passwords.threads", passwords.threads, 1..=1024),
            Bound::of_optional("passwords.queue", passwords.queue, 1..=100_000),
            Bound::of("passwords.reset_ttl_secs", passwords.reset_ttl_secs, 1..=30 * DAY),
            // Verifiers keep the status lists of all tokens that have not expired. Refresh tokens are for longer lifetimes.
            Bound::of("tokens.access_ttl_secs", tokens.access_ttl_secs, 1..=DAY),
            Bound::of("tokens.refresh_ttl_secs", tokens.refresh_ttl_secs, 1..=10 * YEAR),
            Bound::of("tokens.session_ttl_secs", tokens.session_ttl_secs, 1..=10 * YEAR),
            Bound::of("tokens.reuse_grace_secs", tokens.reuse_grace_secs, 0..=HOUR),
            Bound::of("limits.address_burst", limits.address_burst, 1..=MAX_BURST),
            Bound::of("limits.address_per_minute", limits.address_per_minute, 1..=60),
            Bound::of("limits.account_burst", limits.account_burst, 1..=MAX_BURST),
            Bound::of("limits.account_per_hour", limits.account_per_hour, 1..=3600),
            Bound::of("limits.known_burst", limits.known_burst, 1..=MAX_BURST),
            Bound::of("limits.known_per_hour", limits.known_per_hour, 1..=3600),
            Bound::of("limits.registration_burst", limits.registration_burst, 1..=MAX_BURST),
            Bound::of("limits.registration_per_hour", limits.registration_per_hour, 1..=3600),
            Bound::of("limits.session_burst", limits.session_burst, 1..=MAX_BURST),
            Bound::of("audit.retention_days", self.audit.retention_days, 0..=36_500),
            Bound::of("limits.sessions_per_user", limits.sessions_per_user, 1..=MAX_BURST),
            Bound::of("limits.session_per_minute", limits.session_per_minute, 1..=60),
        ];
        own.into_iter().chain(self.connections.bounds())
    }
}
