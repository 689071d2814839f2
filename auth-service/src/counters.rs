//! Counters of the process, for Prometheus. They depend on no feature, so that every feature can use them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Audit records that could not be written and are missing.
pub static AUDIT_FAILURES: Counter = Counter::new();
/// Sweeps that failed.
pub static SWEEP_FAILURES: Counter = Counter::new();
/// Expired sessions that sweeps deleted.
pub static SWEPT_SESSIONS: Counter = Counter::new();
/// Expired status lists that sweeps deleted.
pub static SWEPT_STATUS_LISTS: Counter = Counter::new();
/// Logout notices that applications have accepted.
pub static LOGOUT_NOTICES_SENT: Counter = Counter::new();
/// Attempts to send a logout notice that failed.
pub static LOGOUT_NOTICES_FAILED: Counter = Counter::new();
/// Logout notices that were given up.
pub static LOGOUT_NOTICES_ABANDONED: Counter = Counter::new();

/// A counter.
#[derive(Debug)]
pub struct Counter(AtomicU64);

impl Counter {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds to it.
    pub fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Relaxed);
    }

    /// What has been added so far.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
