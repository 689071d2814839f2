//! Supervised background tasks and their statistics.

mod jitter;
mod misses;
mod refresh_stats;
mod supervisor;

pub use jitter::jittered;
pub(crate) use misses::Misses;
pub use refresh_stats::RefreshStats;
pub use supervisor::{Heartbeat, SupervisedTask, TaskHealth};
