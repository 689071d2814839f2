//! Whether the clock agrees with that of the database server.

use std::ops::RangeInclusive;

use shared::UnixTime;

use super::check::{Check, Status};
use crate::db::{DbConnection, seconds_at};

const NAME: &str = "clock";

/// None with SQLite, which has no clock of its own.
pub(super) fn check(conn: &mut DbConnection) -> Option<Check> {
    let before = UnixTime::now().seconds();
    let there = seconds_at(conn);
    let here = before..=UnixTime::now().seconds();
    match there {
        Ok(there) => there.map(|there| compare(&here, there)),
        Err(error) => Some(Check::error(NAME, error.to_string(), "Check the database server.")),
    }
}

fn compare(here: &RangeInclusive<i64>, there: i64) -> Check {
    let difference = difference(here, there);
    let status = match difference {
        0..=2 => return Check::ok(NAME, "agrees with the server's to within 2 s"),
        3..=30 => Status::Warning,
        _ => Status::Error,
    };
    let detail = format!("{difference} s apart from the server's");
    let remedy = "Synchronize both clocks with NTP: tokens would expire early, or be issued in the future.";
    Check::of(status, NAME, detail, remedy)
}

/// How far the server's time is outside the time here, during which it was asked for.
fn difference(here: &RangeInclusive<i64>, there: i64) -> i64 {
    here.start().saturating_sub(there).max(there.saturating_sub(*here.end())).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_the_query_takes_is_no_difference() {
        for (there, expected) in [(95, 5), (100, 0), (104, 0), (107, 0), (109, 2), (i64::MIN, i64::MAX)] {
            assert_eq!(difference(&(100..=107), there), expected, "{there}");
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
            assert_eq!(compare(&(100..=100), there).status, expected, "{there}");
        }
    }
}
