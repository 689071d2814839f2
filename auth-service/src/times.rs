//! Times on the command line.

use shared::UnixTime;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Formats a time as in RFC 3339.
pub fn utc(at: UnixTime) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.seconds()).ok().and_then(|at| at.format(&Rfc3339).ok());
    at.unwrap_or_default()
}

/// Parses a time as in RFC 3339, a date (midnight UTC), or seconds since 1970.
pub fn parse(text: &str) -> Result<UnixTime, &'static str> {
    const REMEDY: &str =
        "expected a time such as 2026-11-24T15:00:00Z, a date such as 2026-11-24, or seconds since 1970";
    if let Ok(seconds) = text.parse() {
        return Ok(UnixTime::from_seconds(seconds));
    }
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339);
    let at = read(text).or_else(|_| read(&format!("{text}T00:00:00Z"))).map_err(|_| REMEDY)?;
    Ok(UnixTime::from_seconds(at.unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_time_is_parsed_again() {
        let at = UnixTime::from_seconds(1_795_532_400);

        assert_eq!(utc(at), "2026-11-24T15:00:00Z");
        for text in ["2026-11-24T15:00:00Z", "2026-11-24T16:00:00+01:00", "1795532400"] {
            assert_eq!(parse(text), Ok(at), "{text}");
        }
        assert_eq!(parse("2026-11-24"), Ok(UnixTime::from_seconds(1_795_478_400)));
    }

    #[test]
    fn an_invalid_time_is_refused() {
        for text in ["", "yesterday", "2026-13-01", "2026-11-24T15:00:00", "15:00"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
