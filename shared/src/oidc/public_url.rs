//! The application's own URL.

use url::{Host, Url};

use crate::client::SetupError;

/// The URL under which browsers reach the application.
#[derive(Clone, Debug)]
pub(super) struct PublicUrl {
    /// Without a trailing slash.
    base: String,
    origin: String,
    path: String,
    is_secure: bool,
    port: Option<u16>,
}

impl PublicUrl {
    /// An https URL, or http on this machine, where no network sees the cookies.
    pub(super) fn parse(text: &str) -> Result<Self, SetupError> {
        let wrong = SetupError::PublicUrl;
        let url = Url::parse(text).map_err(|_| wrong("it is not an http or https URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it contains a username or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has a query or fragment"));
        }
        let is_secure = match url.scheme() {
            "https" => true,
            "http" if is_loopback(&url) => false,
            "http" => return Err(wrong("it is not https and not on this machine")),
            _ => return Err(wrong("it is not an http or https URL")),
        };
        let path = url.path().trim_end_matches('/');
        if path.contains(['{', '}']) {
            return Err(wrong("its path has braces"));
        }
        let origin = url.origin().ascii_serialization();
        Ok(Self { base: format!("{origin}{path}"), path: path.to_owned(), origin, is_secure, port: url.port() })
    }

    /// The absolute URL of a path of the application.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The path of a page as browsers request it.
    pub(super) fn path_of(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }

    /// As browsers write it in `Origin`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The port, unless it is the scheme's default.
    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_below_the_public_url() {
        for (url, callback) in [
            ("https://app.example.com", "https://app.example.com/callback"),
            ("https://app.example.com/", "https://app.example.com/callback"),
            ("https://example.com/app/", "https://example.com/app/callback"),
            ("http://localhost:5010", "http://localhost:5010/callback"),
            ("http://[::1]:5010", "http://[::1]:5010/callback"),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().at("/callback"), callback);
        }
    }

    #[test]
    fn a_url_to_which_cookies_would_travel_in_the_clear_is_refused() {
        for url in [
            "http://app.example.com",
            "ftp://localhost",
            "app.example.com",
            "https://a:b@app.example.com",
            "https://a/?b",
        ] {
            assert!(PublicUrl::parse(url).is_err(), "{url}");
        }
    }
}
