//! The time of a log line.

use std::{fmt, time::SystemTime};

use time::OffsetDateTime;

/// A time as RFC 3339 writes it, in UTC with milliseconds.
pub(super) struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The current time. A log line is not subject to the time that tests set.
    #[expect(clippy::disallowed_methods, reason = "a log line has the clock's time, whatever time the code works with")]
    pub(super) fn now() -> Self {
        Self(SystemTime::now().into())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at) = self;
        let (date, month) = (at.date(), u8::from(at.month()));
        let (hour, minute, second, millis) = at.time().as_hms_milli();
        let (year, day) = (date.year(), date.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_827_696_007, "2000-02-29T12:34:56.007Z"),
            (1_795_737_599_999, "2026-11-26T23:59:59.999Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_millis(millis);

            assert_eq!(Timestamp(time.into()).to_string(), expected);
        }
    }
}
