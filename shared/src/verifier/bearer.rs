//! The `Authorization` header.

use crate::errors::{AuthError, Flaw};

/// Parses the value of an `Authorization` header: `Bearer` in any case, one or more spaces, and the token (RFC 9110, section
/// 11.4). `None` for another scheme.
///
/// # Errors
/// [`AuthError::Invalid`] for a malformed Bearer token.
pub fn parse_bearer(header: &[u8]) -> Result<Option<&[u8]>, AuthError> {
    let Some((scheme, rest)) = header.split_at_checked("Bearer".len()) else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Ok(None);
    }
    // `Bearer<tab>token` is a malformed Bearer token, not another scheme.
    let mut token = rest.strip_prefix(b" ").ok_or(AuthError::Invalid(Flaw::NotCompact))?;
    while let Some(after_space) = token.strip_prefix(b" ") {
        token = after_space;
    }
    if token.is_empty() { Err(AuthError::Invalid(Flaw::NotCompact)) } else { Ok(Some(token)) }
}
