//! How verifications end.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::AuthError;

/// How many verifications have had which result, since the start.
#[derive(Debug, Default)]
pub struct VerificationCounts {
    good: AtomicU64,
    expired: AtomicU64,
    invalid: AtomicU64,
    keys_unavailable: AtomicU64,
}

impl VerificationCounts {
    pub(crate) fn count<T>(&self, verified: &Result<T, AuthError>) {
        let counter = match verified {
            Ok(_) => &self.good,
            Err(AuthError::Expired) => &self.expired,
            Err(AuthError::KeysUnavailable) => &self.keys_unavailable,
            Err(_) => &self.invalid,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Each result by name, and how often it was.
    pub fn by_result(&self) -> [(&'static str, u64); 4] {
        [
            ("good", self.good.load(Relaxed)),
            ("expired", self.expired.load(Relaxed)),
            ("invalid", self.invalid.load(Relaxed)),
            ("keys_unavailable", self.keys_unavailable.load(Relaxed)),
        ]
    }
}
