//! Rates, by the generic cell rate algorithm (ITU-T I.371, annex A).

/// `burst` at once, and one more each `period`. The state is one number: when all of it is available again.
/// Times are numbers of any unit, the same for all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once, at least 1.
    pub burst: u32,
    /// The time in which one is regained.
    pub period: i64,
}

impl Rate {
    /// When all is available again once one more has been taken; or, if none is left, how long until one is.
    ///
    /// # Errors
    /// That time, at least 1.
    pub fn take(self, full_at: i64, now: i64) -> Result<i64, i64> {
        let latest = self.latest(now);
        if full_at <= latest { Ok(full_at.max(now) + self.period) } else { Err(full_at - latest) }
    }

    /// One can be taken as long as all is available again at this time or earlier.
    pub fn latest(self, now: i64) -> i64 {
        now + i64::from(self.burst.saturating_sub(1)) * self.period
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_one_each_period() {
        let rate = Rate { burst: 3, period: 10 };
        let mut full_at = 0;

        for _ in 0..3 {
            full_at = rate.take(full_at, 100).unwrap();
        }

        assert_eq!(rate.take(full_at, 100), Err(10));
        assert_eq!(rate.take(full_at, 109), Err(1));
        let full_at = rate.take(full_at, 110).unwrap();
        assert_eq!(rate.take(full_at, 110), Err(10));
    }

    #[test]
    fn what_is_not_taken_is_regained_up_to_the_burst() {
        let rate = Rate { burst: 2, period: 10 };
        let full_at = rate.take(0, 100).unwrap();

        let full_at = rate.take(full_at, 1000).unwrap();
        let full_at = rate.take(full_at, 1000).unwrap();

        assert_eq!(rate.take(full_at, 1000), Err(10));
    }
}
