//! How often tokens with unknown key ids may make a verifier ask the issuer.
//!
//! A new key must be found at once; a flood of invented key ids must not become a flood of fetches, nor keep a real
//! new key out. So under normal load a miss always fetches, and one in a flood draws on a small budget.

use std::time::Duration;

/// Times are durations since any fixed moment of the past.
pub(super) struct MissBudget {
    tokens: f64,
    filled_at: Duration,
    looked_at: Option<Duration>,
    window: Window,
}

/// What is to be done about a token with an unknown key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The issuer may be asked now; this is taken as used.
    Now,
    /// It is too early by less than a second, and few ask: they may wait.
    Soon,
    /// It is a flood, and the budget is used up: nobody is to wait.
    No,
}

/// Misses of the last whole window and of the one under way.
struct Window {
    began_at: Duration,
    misses_then: u64,
    before: u64,
}

impl MissBudget {
    const CAPACITY: f64 = 3.0;
    const REFILL_SECS: f64 = 10.0;
    /// Misses in a window above which it is a flood.
    const FLOOD: u64 = 20;
    const WINDOW: Duration = Duration::from_millis(500);
    /// The minimum interval between fetches, also under normal load.
    const PAUSE: Duration = Duration::from_secs(1);

    pub(super) fn new() -> Self {
        Self {
            tokens: Self::CAPACITY,
            filled_at: Duration::ZERO,
            looked_at: None,
            window: Window { began_at: Duration::ZERO, misses_then: 0, before: 0 },
        }
    }

    /// Whether the issuer may be asked, `misses` tokens having been missed so far.
    pub(super) fn admit(&mut self, misses: u64, now: Duration) -> Admission {
        self.refill(now);
        let in_window = self.window.advance(misses, now);
        let is_rested = self.looked_at.is_none_or(|at| now >= at + Self::PAUSE);
        let is_normal = in_window <= Self::FLOOD;
        match (is_normal, is_rested) {
            (true, false) => return Admission::Soon,
            (false, false) => return Admission::No,
            (false, true) if self.tokens < 1.0 => return Admission::No,
            (false, true) => self.tokens -= 1.0,
            (true, true) => {}
        }
        self.looked_at = Some(now);
        Admission::Now
    }

    fn refill(&mut self, now: Duration) {
        let since = now.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = Self::CAPACITY.min(self.tokens + since / Self::REFILL_SECS);
        self.filled_at = now;
    }
}

impl Window {
    /// The misses of the window before and of the one under way, whichever are more.
    fn advance(&mut self, misses: u64, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.began_at);
        let current = misses.saturating_sub(self.misses_then);
        if passed < MissBudget::WINDOW {
            return current.max(self.before);
        }
        // After a pause the misses since then may be old or new; spread evenly they tell the rate.
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

    /// Ticks of 10 ms with so many misses each; how many fetches they made.
    fn weather(budget: &mut MissBudget, clock: &mut Duration, misses: &mut u64, ticks: u32, per_tick: u64) -> usize {
        (0..ticks)
            .filter(|_| {
                *clock += TICK;
                *misses += per_tick;
                budget.admit(*misses, *clock) == Admission::Now
            })
            .count()
    }

    #[test]
    fn the_first_miss_after_a_quiet_time_fetches() {
        let mut budget = MissBudget::new();

        assert_eq!(budget.admit(1, Duration::from_secs(100)), Admission::Now);
        assert_eq!(budget.admit(2, Duration::from_secs(200)), Admission::Now);
    }

    #[test]
    fn who_comes_right_after_a_fetch_waits_for_the_next_one_unless_it_is_a_flood() {
        let (mut budget, began) = (MissBudget::new(), Duration::from_secs(100));
        budget.admit(1, began);

        let normal = budget.admit(2, began + TICK);
        let flood = budget.admit(2 + MissBudget::FLOOD, began + 2 * TICK);

        assert_eq!((normal, flood), (Admission::Soon, Admission::No));
    }

    #[test]
    fn half_a_minute_of_flood_makes_a_handful_of_fetches() {
        let (mut budget, mut clock, mut misses) = (MissBudget::new(), Duration::from_secs(100), 0);

        let fetches = weather(&mut budget, &mut clock, &mut misses, 3_000, 100);

        assert!((1..=7).contains(&fetches), "{fetches} fetches");
    }

    #[test]
    fn right_after_a_flood_a_new_key_is_looked_for_within_two_seconds() {
        let (mut budget, mut clock, mut misses) = (MissBudget::new(), Duration::from_secs(100), 0);
        weather(&mut budget, &mut clock, &mut misses, 3_000, 100);

        misses += 1;
        let fetches = weather(&mut budget, &mut clock, &mut misses, 200, 0);

        assert!(fetches >= 1);
    }
}
