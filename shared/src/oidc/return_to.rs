//! Where a browser goes after login.

/// A page of this application, as a path with an optional query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReturnTo(String);

/// It travels in a cookie.
const MAX_LEN: usize = 512;

impl ReturnTo {
    /// The path, if a browser can take it for nothing but a page of the same origin: browsers drop tabs and newlines, and read
    /// `\` as `/`, and `//` begins another host.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        let is_local = path.starts_with('/') && !path.starts_with("//");
        (path.len() <= MAX_LEN && is_local && path.bytes().all(is_plain)).then(|| Self(path.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_application_are_accepted() {
        for path in ["/", "/reports?year=2026&all", "/a/b/", "/%2f%2fevil.example", "/?next=https://evil.example"] {
            assert!(ReturnTo::parse(path).is_some(), "{path}");
        }
    }

    #[test]
    fn whatever_could_lead_elsewhere_is_refused() {
        for path in [
            "",
            "reports",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/a\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "/ä",
        ] {
            assert_eq!(ReturnTo::parse(path), None, "{path:?}");
        }
        assert_eq!(ReturnTo::parse(&format!("/{}", "a".repeat(MAX_LEN))), None);
    }
}
