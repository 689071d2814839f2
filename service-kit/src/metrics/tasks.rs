//! Background tasks and readiness as metrics.

use std::{collections::BTreeMap, sync::Arc};

use shared::{UnixTime, tasks::TaskHealth};

use super::Scrape;

/// Restarts and heartbeats. Several tasks of one name, such as one for each issuer, are exported as the worst of them.
pub(super) fn task_metrics(tasks: &[Arc<TaskHealth>], now: UnixTime, scrape: &mut Scrape<'_>) {
    let mut by_name: BTreeMap<&'static str, (u64, i64, bool)> = BTreeMap::new();
    for task in tasks {
        let entry = by_name.entry(task.name()).or_insert((0, i64::MAX, true));
        entry.0 += task.restarts();
        entry.1 = entry.1.min(task.last_beat().seconds());
        entry.2 &= task.is_alive(now);
    }
    if by_name.is_empty() {
        return;
    }
    let label = |name: &'static str| [("task", name)];
    scrape.counters(
        "background_task_restarts",
        "Restarts of a background task after it panicked or returned.",
        by_name.iter().map(|(name, (restarts, ..))| (label(name), *restarts)),
    );
    scrape.gauges(
        "background_task_last_heartbeat_timestamp_seconds",
        "When a background task last completed an iteration, as a Unix timestamp.",
        by_name.iter().map(|(name, (_, beat, _))| (label(name), *beat)),
    );
    scrape.gauges(
        "background_task_alive",
        "Whether the last heartbeat of a background task is recent enough for readiness (1) or not (0).",
        by_name.iter().map(|(name, (.., alive))| (label(name), *alive)),
    );
}
