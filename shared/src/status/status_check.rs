//! An issuer's status lists and the policy for them.

use std::sync::Arc;

use super::{StatusListCache, StatusPolicy};
use crate::time::UnixTime;

/// An issuer's status lists and the policy for them.
pub(crate) struct StatusCheck {
    pub(crate) lists: Arc<StatusListCache>,
    pub(crate) policy: StatusPolicy,
}

impl StatusCheck {
    /// If some routes fail open, stale lists suffice: those routes can still be served.
    pub(crate) fn is_ready(&self, now: UnixTime) -> bool {
        if !self.policy.required {
            true
        } else if self.policy.is_open_somewhere() {
            self.lists.lists() > 0
        } else {
            self.lists.is_current(now)
        }
    }
}
