//! Where it stands which of an issuer's tokens have been taken back, and what follows.

use std::sync::Arc;

use super::{StatusPolicy, StatusStore};
use crate::UnixTime;

/// Where it stands which of an issuer's tokens have been taken back, and what follows.
pub(crate) struct StatusCheck {
    pub(crate) store: Arc<StatusStore>,
    pub(crate) policy: StatusPolicy,
}

impl StatusCheck {
    /// Where old lists are good enough for a part of the routes, those are still to be served.
    pub(crate) fn is_ready(&self, now: UnixTime) -> bool {
        if !self.policy.required {
            true
        } else if self.policy.is_open_somewhere() {
            self.store.lists() > 0
        } else {
            self.store.is_current(now)
        }
    }
}
