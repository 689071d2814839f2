//! When the issuer is asked: every interval, at once when a request misses something, and sooner than an interval while
//! there is no answer.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{
    http::FetchError,
    miss_budget::{Admission, MissBudget},
};
use crate::tasks::{Heartbeat, Misses, jittered};

const FIRST_RETRY: Duration = Duration::from_millis(250);
/// The maximum pause while nothing valid is cached, whatever the interval: to recover soon after the issuer does.
const LONGEST_RETRY: Duration = Duration::from_secs(5);
const RECHECK: Duration = Duration::from_millis(250);
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// Far beyond any sensible interval, and near enough for arithmetic on instants.
const MAX_INTERVAL: Duration = Duration::from_hours(24 * 366);

/// The clock of a loop that looks at one of the issuer's documents.
pub(super) struct LookTimer {
    /// What is looked at, for the log.
    what: &'static str,
    interval: Duration,
    heartbeat: Heartbeat,
    began: Instant,
    budget: MissBudget,
    next: Instant,
    looked_at: Instant,
    /// How many had missed something when the last look began.
    answered: u64,
    /// Failures in a row: each is waited out a little longer, and the log tells the first and then ever fewer.
    streak: u32,
}

impl LookTimer {
    /// The first look is due at once.
    pub(super) fn new(what: &'static str, interval: Duration, heartbeat: Heartbeat) -> Self {
        let now = Instant::now();
        let budget = MissBudget::new();
        let interval = interval.min(MAX_INTERVAL);
        Self { what, interval, heartbeat, began: now, budget, next: now, looked_at: now, answered: 0, streak: 0 }
    }

    /// Returns when the issuer is to be asked. In a flood, those who wait go on without.
    pub(super) async fn until_due(&mut self, misses: &Misses) {
        self.until_due_or_missed(misses).await;
        // A miss from here on may be of something that this look does not bring yet.
        self.answered = misses.count();
        self.looked_at = Instant::now();
    }

    /// When to look next, after how it went.
    pub(super) fn note(&mut self, looked: Result<(), FetchError>) {
        self.next = match looked {
            Ok(()) => self.looked_at + self.after_success(),
            Err(error) => Instant::now() + self.after_failure(&error),
        };
    }

    async fn until_due_or_missed(&mut self, misses: &Misses) {
        loop {
            self.heartbeat.beat();
            tokio::select! {
                () = sleep_until(self.next) => return,
                () = sleep(BEAT_EVERY) => {}
                () = misses.one_more() => match self.budget.admit(misses.count(), self.began.elapsed()) {
                    Admission::Now => return,
                    Admission::Soon => {}
                    Admission::No => misses.notify_refreshed(),
                },
                // A miss that the budget put off is made good as soon as the budget allows.
                () = sleep(RECHECK), if misses.count() > self.answered => {
                    if self.budget.admit(misses.count(), self.began.elapsed()) == Admission::Now {
                        return;
                    }
                }
            }
        }
    }

    fn after_success(&mut self) -> Duration {
        if self.streak > 0 {
            log::info!("{} are available again after {} failed attempts", self.what, self.streak);
        }
        self.streak = 0;
        jittered(self.interval)
    }

    fn after_failure(&mut self, error: &FetchError) -> Duration {
        self.streak = self.streak.saturating_add(1);
        if self.streak.is_power_of_two() {
            log::warn!("fetch of {} failed (attempt {}): {error}", self.what, self.streak);
        }
        let longer = FIRST_RETRY.saturating_mul(1 << (self.streak - 1).min(16));
        jittered(longer.min(LONGEST_RETRY).min(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delays_grow_to_five_seconds_or_the_interval() {
        let error = FetchError::Document { url: String::new(), reason: String::new() };
        for (interval, longest) in [(60, LONGEST_RETRY), (2, Duration::from_secs(2))] {
            let mut timer = LookTimer::new("a document", Duration::from_secs(interval), Heartbeat::detached());

            let pauses: Vec<_> = (0..50).map(|_| timer.after_failure(&error)).collect();

            assert!(pauses[0] <= FIRST_RETRY);
            assert!(pauses.iter().all(|pause| *pause <= longest), "{pauses:?}");
            assert!(pauses[49] >= longest.mul_f64(0.9), "{pauses:?}");
        }
    }
}
