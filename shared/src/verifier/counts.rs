//! Counters of verification results.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::errors::AuthError;

/// The number of verifications by result, since the process started.
#[derive(Debug, Default)]
pub struct VerificationCounts {
    good: AtomicU64,
    expired: AtomicU64,
    invalid: AtomicU64,
    revoked: AtomicU64,
    claims_stale: AtomicU64,
    keys_unavailable: AtomicU64,
    status_unavailable: AtomicU64,
}

impl VerificationCounts {
    pub(crate) fn count<T>(&self, verified: &Result<T, AuthError>) {
        let counter = match verified {
            Ok(_) => &self.good,
            Err(AuthError::Expired) => &self.expired,
            Err(AuthError::Revoked) => &self.revoked,
            Err(AuthError::ClaimsStale) => &self.claims_stale,
            Err(AuthError::KeysUnavailable) => &self.keys_unavailable,
            Err(AuthError::StatusUnavailable) => &self.status_unavailable,
            Err(_) => &self.invalid,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// The name of each result, and its count.
    pub fn by_result(&self) -> [(&'static str, u64); 7] {
        [
            ("good", self.good.load(Relaxed)),
            ("expired", self.expired.load(Relaxed)),
            ("invalid", self.invalid.load(Relaxed)),
            ("revoked", self.revoked.load(Relaxed)),
            ("claims_stale", self.claims_stale.load(Relaxed)),
            ("keys_unavailable", self.keys_unavailable.load(Relaxed)),
            ("status_unavailable", self.status_unavailable.load(Relaxed)),
        ]
    }
}
