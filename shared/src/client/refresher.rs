//! Shared by the tasks that fetch an issuer's documents.

use std::time::Duration;

/// Maximum time between heartbeats; longer than the timeouts of two fetches.
pub(crate) const MAX_SILENCE: Duration = Duration::from_secs(12);
