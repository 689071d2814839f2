//! What the tasks that fetch an issuer's documents have in common.

use std::time::Duration;

/// Longer than two fetches may take, each with its timeout: a task that shows no heartbeat for so long is dead.
pub(crate) const MAX_SILENCE: Duration = Duration::from_secs(12);
