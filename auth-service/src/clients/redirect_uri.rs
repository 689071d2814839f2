//! Where users are sent back to.

use super::web_uri::{InvalidUri, check_transport, is_loopback_address, parse_normal};

/// A registered redirect URI: https, http on a loopback interface, or a private-use scheme with a dot (OAuth 2.1, sections 2.3
/// and 8.4). It is compared as a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    /// The length of `http://127.0.0.1`, if that is what it starts with.
    loopback: Option<usize>,
    is_private_use: bool,
}

impl RedirectUri {
    /// Reads a redirect URI that is to be registered.
    ///
    /// # Errors
    /// [`InvalidUri`].
    pub fn parse(text: &str) -> Result<Self, InvalidUri> {
        let url = parse_normal(text)?;
        let is_private_use = url.scheme().contains('.');
        if is_private_use {
            if url.scheme().len() + 1 == text.len() {
                return Err(InvalidUri::NotAbsolute);
            }
        } else {
            check_transport(&url)?;
        }
        let is_loopback = url.scheme() == "http" && is_loopback_address(&url);
        let loopback = url.host_str().filter(|_| is_loopback).map(|host| "http://".len() + host.len());
        Ok(Self { text: text.to_owned(), loopback, is_private_use })
    }

    /// As it is registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it has a scheme of its own, such as `com.example.app`, which another application on the device can claim too.
    pub fn is_private_use(&self) -> bool {
        self.is_private_use
    }

    /// Whether a URI in a request is this one.
    pub fn is(&self, sent: &str) -> bool {
        self.text == sent
    }

    /// The same, but the port of a loopback address may differ, since a native application listens where it can.
    pub fn matches(&self, sent: &str) -> bool {
        self.is(sent) || self.differs_in_port_only(sent).unwrap_or(false)
    }

    fn differs_in_port_only(&self, sent: &str) -> Option<bool> {
        let (start, registered) = self.text.split_at_checked(self.loopback?)?;
        Some(after_port(registered)? == after_port(sent.strip_prefix(start)?)?)
    }
}

/// What follows an optional port.
fn after_port(text: &str) -> Option<&str> {
    let Some(text) = text.strip_prefix(':') else { return Some(text) };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (port, rest) = text.split_at_checked(end)?;
    let is_port = !port.starts_with('0') && port.parse::<u16>().is_ok();
    is_port.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_05_what_others_could_receive_or_read_differently_cannot_be_registered() {
        let long = format!("https://app.example.com/{}", "x".repeat(1000));
        for text in [
            "",
            "/callback",
            "//app.example.com/callback",
            "app.example.com/callback",
            "http://app.example.com/callback",
            "http://127.0.0.1.example.com/callback",
            "http://localhost.example.com/callback",
            "http://192.168.0.1/callback",
            "http://[::2]/callback",
            "https://app.example.com/callback#",
            "https://app.example.com/callback#top",
            "https://*.example.com/callback",
            "https://*/callback",
            "https://app.example.com./callback",
            "https://user@app.example.com/callback",
            "https://:@app.example.com/callback",
            "https://@app.example.com/callback",
            "https://App.example.com/callback",
            "https://app.example.com:443/callback",
            "https://app.example.com/a/../callback",
            "https://app.example.com/%2e%2e/callback",
            "https://app.example.com/call back",
            "https://app.example.com/call\tback",
            "https://app.example.com/callback\n",
            " https://app.example.com/callback",
            "https://app.example.com\\callback",
            "https:app.example.com/callback",
            "https:///app.example.com/callback",
            "https://app.example.com/%zz",
            "https://app.example.com/100%",
            "https://bücher.example/callback",
            "https://a;b.example.com/callback",
            "https://0x7f.1/callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///callback",
            "ftp://app.example.com/callback",
            "about:blank",
            "blob:https://app.example.com/x",
            "myapp:/callback",
            "myapp://callback",
            "com.example.app:",
            "com.example.app://user@host/callback",
            &long,
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn row_05_https_loopback_and_private_use_schemes_with_a_dot_can_be_registered() {
        for text in [
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com:8443/callback?tenant=1&x=%2F",
            "https://xn--bcher-kva.example/callback",
            "https://192.0.2.1/callback",
            "https://[2001:db8::1]/callback",
            "http://localhost:3000/callback",
            "http://127.0.0.1/callback",
            "http://[::1]:8080/callback",
            "com.example.app:/callback",
            "com.example.app://callback",
        ] {
            assert_eq!(RedirectUri::parse(text).as_ref().map(RedirectUri::as_str), Ok(text));
        }
    }

    #[test]
    fn row_04_a_redirect_uri_is_compared_as_a_string() {
        let registered = RedirectUri::parse("https://app.example.com/callback").unwrap();

        assert!(registered.matches("https://app.example.com/callback"));
        for sent in [
            "",
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com/callback/",
            "https://app.example.com/callback/extra",
            "https://app.example.com/callback?x=1",
            "https://app.example.com/callback#x",
            "https://app.example.com/Callback",
            "https://APP.example.com/callback",
            "HTTPS://app.example.com/callback",
            "http://app.example.com/callback",
            "https://app.example.com:443/callback",
            "https://app.example.com:8443/callback",
            "https://app.example.com./callback",
            "https://app.example.com.evil.example/callback",
            "https://evil.example/?https://app.example.com/callback",
            "https://app.example.com@evil.example/callback",
            "https://user@app.example.com/callback",
            "https://app.example.com%2Fcallback",
            "https://app.example.com/%63allback",
            "https://app.example.com/x/../callback",
            "https://app.example.com\\callback",
            "https://app.example.com/callback\t",
            "https://app.example.com/callback\n",
            "https://app.example.com/call\nback",
            " https://app.example.com/callback",
            "https://app.example.com/callback\0",
            "//app.example.com/callback",
        ] {
            assert!(!registered.matches(sent), "{sent:?}");
        }
    }

    #[test]
    fn row_04_only_the_port_of_a_loopback_address_may_differ() {
        for (registered, sent) in [
            ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback"),
            ("http://127.0.0.1:8080/callback", "http://127.0.0.1/callback"),
            ("http://127.0.0.1:8080/callback?x=1", "http://127.0.0.1:65535/callback?x=1"),
            ("http://[::1]/callback", "http://[::1]:51004/callback"),
            ("http://127.0.0.1", "http://127.0.0.1:1"),
        ] {
            assert!(RedirectUri::parse(registered).unwrap().matches(sent), "{registered} {sent}");
        }
        for (registered, sent) in [
            ("http://127.0.0.1/callback", "http://127.0.0.1:51004/other"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback?x=1"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:0/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:080/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:65536/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:80:80/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:80@evil.example/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:+80/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.2:51004/callback"),
            ("http://127.0.0.1/callback", "http://127.1:51004/callback"),
            ("http://127.0.0.1/callback", "http://localhost:51004/callback"),
            ("http://127.0.0.1/callback", "http://[::1]:51004/callback"),
            ("http://127.0.0.1/callback", "https://127.0.0.1:51004/callback"),
            ("http://[::1]/callback", "http://[::ffff:127.0.0.1]:51004/callback"),
            ("http://[::1]/callback", "http://[0:0:0:0:0:0:0:1]:51004/callback"),
            ("http://127.0.0.1", "http://127.0.0.1:1/"),
            ("http://127.0.0.1", "http://127.0.0.1:1@evil.example"),
            ("http://localhost/callback", "http://localhost:51004/callback"),
            ("https://127.0.0.1/callback", "https://127.0.0.1:51004/callback"),
            ("com.example.app:/callback", "com.example.app:80/callback"),
        ] {
            assert!(!RedirectUri::parse(registered).unwrap().matches(sent), "{registered} {sent}");
        }
    }
}
