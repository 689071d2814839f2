//! Remembers in which generation of status lists a token was found valid.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The generation of its issuer's status lists in which a token was last found valid, so that the lists are searched once per
/// change and not once per request.
///
/// It is not part of a token's value: two tokens are equal whatever is remembered of them.
#[derive(Debug, Default)]
pub(crate) struct ValidIn(AtomicU64);

impl ValidIn {
    pub(super) fn is(&self, generation: u64) -> bool {
        self.0.load(Relaxed) == generation
    }

    pub(super) fn set(&self, generation: u64) {
        self.0.store(generation, Relaxed);
    }
}

impl PartialEq for ValidIn {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
