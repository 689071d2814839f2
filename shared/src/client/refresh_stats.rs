//! How the refreshing of the issuer's documents goes.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::UnixTime;

/// Counts of one refresher since its start, for the metrics.
#[derive(Debug, Default)]
pub struct RefreshStats {
    refreshes: AtomicU64,
    failures: AtomicU64,
    skew_secs: AtomicI64,
}

/// Clocks that differ by more are worth a warning.
const SKEW_LIMIT_SECS: u64 = 5;

impl RefreshStats {
    /// How often the issuer told its keys or status lists, or that they are as before.
    pub fn refreshes(&self) -> u64 {
        self.refreshes.load(Relaxed)
    }

    /// How often it did not.
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// How far the issuer's clock is ahead of this machine's, in seconds; its `Date` has no fractions.
    pub fn skew_secs(&self) -> i64 {
        self.skew_secs.load(Relaxed)
    }

    pub(super) fn count_refresh(&self) {
        self.refreshes.fetch_add(1, Relaxed);
    }

    pub(super) fn count_failure(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    /// Notes the issuer's time and warns when the clocks begin to differ by much.
    pub(super) fn note_date(&self, issuer_time: UnixTime, now: UnixTime) {
        let skew = issuer_time.seconds() - now.seconds();
        let before = self.skew_secs.swap(skew, Relaxed);
        if skew.unsigned_abs() > SKEW_LIMIT_SECS && before.unsigned_abs() <= SKEW_LIMIT_SECS {
            log::warn!("the issuer's clock is {skew} s ahead of this machine's: set both by NTP");
        }
    }
}
