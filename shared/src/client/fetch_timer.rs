//! When documents are fetched: every interval, immediately on a cache miss, and more often while fetches fail.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{
    http::FetchError,
    miss_budget::{Admission, MissBudget},
};
use crate::tasks::{Heartbeat, Misses, jittered};

const MIN_RETRY_DELAY: Duration = Duration::from_millis(250);
/// The maximum delay after a failure, whatever the interval, in order to recover soon after the issuer does.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);
const RECHECK_INTERVAL: Duration = Duration::from_millis(250);
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);
/// Longer than any sensible interval, and short enough that adding it to an instant does not overflow.
const MAX_INTERVAL: Duration = Duration::from_hours(24 * 366);

/// Schedules the fetches of a document.
pub(super) struct FetchTimer {
    /// The name of the document, for logs.
    what: &'static str,
    interval: Duration,
    heartbeat: Heartbeat,
    began: Instant,
    budget: MissBudget,
    next: Instant,
    fetch_began: Instant,
    /// The number of misses when the last fetch began.
    misses_seen: u64,
    /// Consecutive failures. The delay grows with them, and they are logged at powers of two.
    failures: u32,
}

impl FetchTimer {
    /// The first fetch is due immediately.
    pub(super) fn new(what: &'static str, interval: Duration, heartbeat: Heartbeat) -> Self {
        let now = Instant::now();
        let budget = MissBudget::new();
        let interval = interval.min(MAX_INTERVAL);
        Self { what, interval, heartbeat, began: now, budget, next: now, fetch_began: now, misses_seen: 0, failures: 0 }
    }

    /// Waits until a fetch is due. In a flood of misses, waiting requests are woken without a fetch.
    pub(super) async fn until_due(&mut self, misses: &Misses) {
        self.until_due_or_missed(misses).await;
        misses.accept_again();
        // Later misses may concern something that this fetch does not return yet.
        self.misses_seen = misses.count();
        self.fetch_began = Instant::now();
    }

    /// Schedules the next fetch after a success or failure.
    pub(super) fn record(&mut self, result: Result<(), FetchError>) {
        self.next = match result {
            Ok(()) => self.fetch_began + self.after_success(),
            Err(error) => Instant::now() + self.after_failure(&error),
        };
    }

    async fn until_due_or_missed(&mut self, misses: &Misses) {
        loop {
            self.heartbeat.beat();
            tokio::select! {
                () = sleep_until(self.next) => return,
                () = sleep(HEARTBEAT_INTERVAL) => {}
                () = misses.next_miss() => match self.budget.admit(misses.count(), self.began.elapsed()) {
                    Admission::Now => return,
                    Admission::Soon => {}
                    Admission::No => misses.decline(),
                },
                // A miss that was over budget triggers a fetch as soon as the budget allows.
                () = sleep(RECHECK_INTERVAL), if misses.count() > self.misses_seen => {
                    if self.budget.admit(misses.count(), self.began.elapsed()) == Admission::Now {
                        return;
                    }
                }
            }
        }
    }

    fn after_success(&mut self) -> Duration {
        if self.failures > 0 {
            log::info!("{} are available again after {} failed attempts", self.what, self.failures);
        }
        self.failures = 0;
        jittered(self.interval)
    }

    fn after_failure(&mut self, error: &FetchError) -> Duration {
        self.failures = self.failures.saturating_add(1);
        if self.failures.is_power_of_two() {
            log::warn!("fetch of {} failed (attempt {}): {error}", self.what, self.failures);
        }
        let longer = MIN_RETRY_DELAY.saturating_mul(1 << (self.failures - 1).min(16));
        jittered(longer.min(MAX_RETRY_DELAY).min(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delays_grow_to_five_seconds_or_the_interval() {
        let error = FetchError::Document { url: String::new(), reason: String::new() };
        for (interval, longest) in [(60, MAX_RETRY_DELAY), (2, Duration::from_secs(2))] {
            let mut timer = FetchTimer::new("a document", Duration::from_secs(interval), Heartbeat::detached());

            let pauses: Vec<_> = (0..50).map(|_| timer.after_failure(&error)).collect();

            assert!(pauses[0] <= MIN_RETRY_DELAY);
            assert!(pauses.iter().all(|pause| *pause <= longest), "{pauses:?}");
            assert!(pauses[49] >= longest.mul_f64(0.9), "{pauses:?}");
        }
    }
}
