//! Rate limit for fetches that are triggered by tokens with unknown keys or lists.
//!
//! A new key must be fetched immediately, but a flood of invented key ids must neither cause a flood of fetches nor prevent
//! the fetch of a real new key. So there are two budgets: one for occasional misses, which real key rotations do not
//! exhaust, and a smaller one for floods.

use std::time::Duration;

/// Times are durations since an arbitrary fixed moment.
pub(super) struct MissBudget {
    normal: Bucket,
    flood: Bucket,
    last_fetch: Option<Duration>,
    window: Window,
}

/// A token bucket of fetches.
struct Bucket {
    capacity: f64,
    refill_secs: f64,
    fetches: f64,
    filled_at: Duration,
}

/// What to do about a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Fetch now; the budget has been charged.
    Now,
    /// Fetch in less than a second; requests may wait.
    Soon,
    /// The budget is exhausted, or there is a flood: requests must not wait.
    No,
}

/// Counts misses in the previous and the current time window.
struct Window {
    began_at: Duration,
    misses_then: u64,
    before: u64,
}

impl MissBudget {
    /// More misses in a window than this are a flood.
    const FLOOD_THRESHOLD: u64 = 20;
    const WINDOW: Duration = Duration::from_millis(500);
    /// The minimum interval between fetches, also under normal load.
    const MIN_INTERVAL: Duration = Duration::from_secs(1);

    pub(super) fn new() -> Self {
        Self {
            normal: Bucket::new(10.0, 6.0),
            flood: Bucket::new(3.0, 10.0),
            last_fetch: None,
            window: Window { began_at: Duration::ZERO, misses_then: 0, before: 0 },
        }
    }

    /// Whether a fetch is allowed; `misses` is the total number of misses so far.
    pub(super) fn admit(&mut self, misses: u64, now: Duration) -> Admission {
        let is_normal = self.window.advance(misses, now) <= Self::FLOOD_THRESHOLD;
        let bucket = if is_normal { &mut self.normal } else { &mut self.flood };
        let has_interval_elapsed = self.last_fetch.is_none_or(|at| now >= at + Self::MIN_INTERVAL);
        if !bucket.has_one(now) {
            return Admission::No;
        }
        if !has_interval_elapsed {
            return if is_normal { Admission::Soon } else { Admission::No };
        }
        bucket.fetches -= 1.0;
        self.last_fetch = Some(now);
        Admission::Now
    }
}

impl Bucket {
    /// A full bucket.
    const fn new(capacity: f64, refill_secs: f64) -> Self {
        Self { capacity, refill_secs, fetches: capacity, filled_at: Duration::ZERO }
    }

    fn has_one(&mut self, now: Duration) -> bool {
        let since = now.saturating_sub(self.filled_at).as_secs_f64();
        self.fetches = self.capacity.min(self.fetches + since / self.refill_secs);
        self.filled_at = now;
        self.fetches >= 1.0
    }
}

impl Window {
    /// The number of misses in the previous or the current window, whichever is larger.
    fn advance(&mut self, misses: u64, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.began_at);
        let current = misses.saturating_sub(self.misses_then);
        if passed < MissBudget::WINDOW {
            return current.max(self.before);
        }
        // After a gap it is unknown when the misses occurred; assume an even distribution.
        let windows = u64::try_from(passed.as_millis() / MissBudget::WINDOW.as_millis()).unwrap_or(u64::MAX).max(1);
        self.before = current / windows;
        self.began_at = now;
        self.misses_then = misses;
        self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(10);

    /// Runs ticks of 10 ms with `per_tick` misses each; returns the number of fetches.
    fn run_ticks(budget: &mut MissBudget, clock: &mut Duration, misses: &mut u64, ticks: u32, per_tick: u64) -> usize {
        (0..ticks)
            .filter(|_| {
                *clock += TICK;
                *misses += per_tick;
                budget.admit(*misses, *clock) == Admission::Now
            })
            .count()
    }

    #[test]
    fn the_first_miss_after_a_quiet_period_triggers_a_fetch() {
        let mut budget = MissBudget::new();

        assert_eq!(budget.admit(1, Duration::from_secs(100)), Admission::Now);
        assert_eq!(budget.admit(2, Duration::from_secs(200)), Admission::Now);
    }

    #[test]
    fn a_miss_right_after_a_fetch_is_delayed_but_dropped_in_a_flood() {
        let (mut budget, began) = (MissBudget::new(), Duration::from_secs(100));
        budget.admit(1, began);

        let normal = budget.admit(2, began + TICK);
        let flood = budget.admit(2 + MissBudget::FLOOD_THRESHOLD, began + 2 * TICK);

        assert_eq!((normal, flood), (Admission::Soon, Admission::No));
    }

    #[test]
    fn sequential_misses_use_up_the_budget() {
        let (mut budget, began) = (MissBudget::new(), 100);

        let admissions: Vec<_> =
            (0..300).map(|second| budget.admit(second + 1, Duration::from_secs(began + second))).collect();
        let fetches = admissions.iter().filter(|admission| **admission == Admission::Now).count();

        assert!((50..=61).contains(&fetches), "{fetches} fetches in five minutes");
        assert!(
            admissions.iter().all(|admission| *admission != Admission::Soon),
            "sequential misses are never delayed"
        );
        let after_a_minute = Duration::from_secs(began + 360);
        assert_eq!(budget.admit(301, after_a_minute), Admission::Now);
    }

    #[test]
    fn a_flood_of_30_seconds_causes_few_fetches() {
        let (mut budget, mut clock, mut misses) = (MissBudget::new(), Duration::from_secs(100), 0);

        let fetches = run_ticks(&mut budget, &mut clock, &mut misses, 3_000, 100);

        assert!((1..=7).contains(&fetches), "{fetches} fetches");
    }

    #[test]
    fn right_after_a_flood_a_new_key_is_fetched_within_two_seconds() {
        let (mut budget, mut clock, mut misses) = (MissBudget::new(), Duration::from_secs(100), 0);
        run_ticks(&mut budget, &mut clock, &mut misses, 3_000, 100);

        misses += 1;
        let fetches = run_ticks(&mut budget, &mut clock, &mut misses, 200, 0);

        assert!(fetches >= 1);
    }
}
