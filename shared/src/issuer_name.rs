//! Validation of issuer names.

use url::Url;

/// Why an issuer name is invalid: no token can have it as `iss`, or its metadata cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIssuer {
    /// Not an absolute `http` or `https` URL (RFC 8414, section 2).
    #[error("it must be an http or https URL, such as https://login.example.com")]
    NotAUrl,
    /// The name ends with a slash. `iss` is compared as a string, and issuers omit the slash.
    #[error("remove the trailing slash: the iss claim is compared as a string")]
    TrailingSlash,
    /// The URL has a query or a fragment (RFC 8414, section 2).
    #[error("an issuer must not have a query or fragment")]
    QueryOrFragment,
    /// The URL contains a username or password.
    #[error("an issuer must not contain a username or password")]
    Credentials,
    /// The URL is not normalized, so its string differs from the one that issuers use.
    #[error("write it as {0}: the iss claim is compared as a string")]
    NotCanonical(String),
}

/// Checks a name that is also the URL of the issuer's metadata and must equal the claim `iss`.
///
/// # Errors
/// [`InvalidIssuer`].
pub fn check_issuer_name(name: &str) -> Result<(), InvalidIssuer> {
    let url = Url::parse(name).map_err(|_| InvalidIssuer::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(InvalidIssuer::NotAUrl);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidIssuer::QueryOrFragment);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidIssuer::Credentials);
    }
    if name.ends_with('/') {
        return Err(InvalidIssuer::TrailingSlash);
    }
    let canonical = url.as_str().trim_end_matches('/');
    if canonical != name {
        return Err(InvalidIssuer::NotCanonical(canonical.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_issuer_names_are_accepted() {
        for name in
            ["https://login.example.com", "http://localhost:5000", "https://example.com/tenant", "http://[::1]:5000"]
        {
            assert_eq!(check_issuer_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn invalid_issuer_names_are_rejected() {
        let other = |name: &str| InvalidIssuer::NotCanonical(name.to_owned());
        for (name, error) in [
            ("", InvalidIssuer::NotAUrl),
            ("localhost:5000", InvalidIssuer::NotAUrl),
            ("ftp://example.com", InvalidIssuer::NotAUrl),
            ("https://example.com/", InvalidIssuer::TrailingSlash),
            ("https://example.com/tenant/", InvalidIssuer::TrailingSlash),
            ("https://example.com?a=b", InvalidIssuer::QueryOrFragment),
            ("https://example.com#a", InvalidIssuer::QueryOrFragment),
            ("https://user:password@example.com", InvalidIssuer::Credentials),
            ("https://Example.com", other("https://example.com")),
            ("HTTPS://example.com", other("https://example.com")),
            ("https://example.com:443", other("https://example.com")),
            ("http://127.1:5000", other("http://127.0.0.1:5000")),
            (" https://example.com", other("https://example.com")),
            ("https://example.com\r", other("https://example.com")),
            ("https://example.com/a/../b", other("https://example.com/b")),
        ] {
            assert_eq!(check_issuer_name(name), Err(error), "{name:?}");
        }
    }
}
