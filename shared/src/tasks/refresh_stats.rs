//! Statistics of fetches from an issuer.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

#[cfg(feature = "client")]
use crate::time::UnixTime;

/// Fetch counts of one document of an issuer since startup, and the clock skew, for metrics.
#[derive(Debug, Default)]
pub struct RefreshStats {
    refreshes: AtomicU64,
    failures: AtomicU64,
    skew_secs: AtomicI64,
}

/// Clock skew, in seconds, above which a warning is logged.
#[cfg(feature = "client")]
const SKEW_LIMIT_SECS: u64 = 5;

impl RefreshStats {
    /// The number of successful fetches, including those that found the document unchanged.
    pub fn refreshes(&self) -> u64 {
        self.refreshes.load(Relaxed)
    }

    /// The number of failed fetches.
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// How far the issuer's clock is ahead of the local one, in seconds, according to its `Date` header.
    pub fn skew_secs(&self) -> i64 {
        self.skew_secs.load(Relaxed)
    }

    #[cfg(feature = "client")]
    pub(crate) fn count_refresh(&self) {
        self.refreshes.fetch_add(1, Relaxed);
    }

    #[cfg(feature = "client")]
    pub(crate) fn count_failure(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    /// Whether a first fetch has completed, successfully or not.
    #[cfg(feature = "client")]
    pub(crate) fn has_attempted_fetch(&self) -> bool {
        self.refreshes() > 0 || self.failures() > 0
    }

    /// Records the issuer's time, and logs a warning when the clock skew becomes large.
    #[cfg(feature = "client")]
    pub(crate) fn record_date(&self, issuer_time: UnixTime, now: UnixTime) {
        let skew = issuer_time.seconds() - now.seconds();
        let before = self.skew_secs.swap(skew, Relaxed);
        if skew.unsigned_abs() > SKEW_LIMIT_SECS && before.unsigned_abs() <= SKEW_LIMIT_SECS {
            log::warn!("the issuer's clock is {skew} s ahead of this machine's: synchronize both with NTP");
        }
    }
}
