//! When a certificate expires.

use time::{Date, Month, OffsetDateTime, Time};

/// The last moment at which a certificate is valid: `notAfter` (RFC 5280, section 4.1.2.5).
pub(super) fn not_after(certificate: &[u8]) -> Option<OffsetDateTime> {
    const VERSION: u8 = 0xa0;
    let certificate = Element::first(certificate)?;
    let signed = Element::first(certificate.content)?;
    let first = Element::first(signed.content)?;
    // Only version 1 has none.
    let serial_number = if first.tag == VERSION { Element::first(first.rest)? } else { first };
    let signature = Element::first(serial_number.rest)?;
    let issuer = Element::first(signature.rest)?;
    let validity = Element::first(issuer.rest)?;
    let not_before = Element::first(validity.content)?;
    time_of(&Element::first(not_before.rest)?)
}

/// An element in DER.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// What follows it.
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn first(der: &'a [u8]) -> Option<Self> {
        let (&[tag, len], rest) = der.split_first_chunk::<2>()?;
        let (len, rest) = if len < 0x80 {
            (usize::from(len), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(len & 0x7f))?;
            let len = bytes.iter().try_fold(0_usize, |len, byte| Some(len.checked_mul(256)? | usize::from(*byte)))?;
            (len, rest)
        };
        let (content, rest) = rest.split_at_checked(len)?;
        Some(Self { tag, content, rest })
    }
}

/// `YYMMDDHHMMSSZ` until 2049, `YYYYMMDDHHMMSSZ` after.
fn time_of(element: &Element<'_>) -> Option<OffsetDateTime> {
    const UTC_TIME: u8 = 0x17;
    let text = str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let (year, rest) = if element.tag == UTC_TIME {
        let (year, rest) = text.split_at_checked(2)?;
        let year: i32 = year.parse().ok()?;
        (if year < 50 { 2000 + year } else { 1900 + year }, rest)
    } else {
        let (year, rest) = text.split_at_checked(4)?;
        (year.parse().ok()?, rest)
    };
    let part = |place: usize| rest.get(2 * place..2 * place + 2)?.parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(part(0)?).ok()?, part(1)?).ok()?;
    let time = Time::from_hms(part(2)?, part(3)?, part(4)?).ok()?;
    Some(OffsetDateTime::new_utc(date, time))
}
