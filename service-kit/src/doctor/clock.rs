//! Whether two clocks agree.

use std::ops::RangeInclusive;

use shared::UnixTime;

use super::check::{Check, Status};

/// Compares the clock named `whose`, which showed `there`, with this machine's, which meanwhile went through `here`.
pub fn compare_clocks(whose: &str, here: &RangeInclusive<UnixTime>, there: UnixTime) -> Check {
    const NAME: &str = "clock";
    let difference = difference(here, there);
    let status = match difference {
        0..=2 => return Check::ok(NAME, format!("agrees with {whose} to within 2 s")),
        3..=30 => Status::Warning,
        _ => Status::Error,
    };
    let remedy = "Synchronize both clocks with NTP: otherwise tokens expire early or seem to be issued in the future.";
    Check::of(status, NAME, format!("differs from {whose} by {difference} s"), remedy)
}

/// How far the time `there` is outside the time `here`.
fn difference(here: &RangeInclusive<UnixTime>, there: UnixTime) -> u64 {
    here.start().since(there).max(there.since(*here.end())).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    #[test]
    fn the_duration_of_the_request_is_not_a_difference() {
        for (there, expected) in [(95, 5), (100, 0), (104, 0), (107, 0), (109, 2), (i64::MIN, i64::MAX as u64)] {
            assert_eq!(difference(&(at(100)..=at(107)), at(there)), expected, "{there}");
        }
    }

    #[test]
    fn a_difference_is_a_warning_above_2_and_an_error_above_30_seconds() {
        for (there, expected) in [
            (102, Status::Ok),
            (103, Status::Warning),
            (97, Status::Warning),
            (130, Status::Warning),
            (131, Status::Error),
            (69, Status::Error),
        ] {
            assert_eq!(compare_clocks("the other's", &(at(100)..=at(100)), at(there)).status, expected, "{there}");
        }
    }
}
