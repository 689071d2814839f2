//! Counts of fetches of an issuer's documents.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

#[cfg(feature = "client")]
use crate::time::UnixTime;

/// Counts of fetches of one of an issuer's documents since the start, for metrics.
#[derive(Debug, Default)]
pub struct RefreshStats {
    refreshes: AtomicU64,
    failures: AtomicU64,
    skew_secs: AtomicI64,
}

/// Clocks that differ by more are worth a warning.
#[cfg(feature = "client")]
const SKEW_LIMIT_SECS: u64 = 5;

impl RefreshStats {
    /// Successful fetches, also those that found nothing new.
    pub fn refreshes(&self) -> u64 {
        self.refreshes.load(Relaxed)
    }

    /// Failed fetches.
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// How far the issuer's clock is ahead of this machine's, in seconds; its `Date` has no fractions.
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

    /// Whether a fetch has succeeded or failed yet.
    #[cfg(feature = "client")]
    pub(crate) fn is_first_done(&self) -> bool {
        self.refreshes() > 0 || self.failures() > 0
    }

    /// Notes the issuer's time and warns when the clocks begin to differ by much.
    #[cfg(feature = "client")]
    pub(crate) fn note_date(&self, issuer_time: UnixTime, now: UnixTime) {
        let skew = issuer_time.seconds() - now.seconds();
        let before = self.skew_secs.swap(skew, Relaxed);
        if skew.unsigned_abs() > SKEW_LIMIT_SECS && before.unsigned_abs() <= SKEW_LIMIT_SECS {
            log::warn!("the issuer's clock is {skew} s ahead of this machine's: set both by NTP");
        }
    }
}
