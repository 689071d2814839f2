//! Origins of web pages.

use std::fmt;

use actix_web::http::header::HeaderValue;
use url::Url;

use crate::{list::List, settings::SettingsSpec, start_error::StartError};

/// The origin of web pages as browsers write it (RFC 6454, section 6.2): `https://app.example.com`, with the port unless it
/// is the scheme's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin that this is, exactly as a browser would write it.
    pub fn parse(text: &str) -> Option<Self> {
        // URLs may have hosts such as `*` or `a;b`, which mean something else in a content security policy.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/[]".contains(&byte);
        if !text.bytes().all(is_plain) {
            return None;
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        Some(url.origin().ascii_serialization()).filter(|origin| origin == text).map(Self)
    }

    /// Whether a header `Origin` has this value.
    pub fn is(&self, header: &HeaderValue) -> bool {
        self.0.as_bytes() == header.as_bytes()
    }

    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SettingsSpec {
    /// The origins in the setting `key`.
    ///
    /// # Errors
    /// [`StartError`] with the first value that is not an origin.
    pub fn origins(&self, key: &str, values: &List) -> Result<Vec<Origin>, StartError> {
        let origin = |value| {
            Origin::parse(value).ok_or_else(|| {
                let remedy = "Write it as browsers do, without a path or trailing slash: https://app.example.com.";
                StartError::new(self.variable(key), format!("invalid origin: {value}"), remedy)
            })
        };
        values.iter().map(origin).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for text in ["http://localhost:5000", "https://app.example.com", "http://[::1]:5000", "http://127.0.0.1"] {
            assert_eq!(Origin::parse(text).as_ref().map(Origin::as_str), Some(text));
        }
    }

    #[test]
    fn anything_else_is_rejected() {
        for text in [
            "*",
            "null",
            "localhost:5000",
            "http://localhost:5000/",
            "http://localhost:80",
            "https://App.example.com",
            "https://app.example.com/path",
            "https://user@app.example.com",
            "https://*.example.com",
            "file:///srv",
            "https://app.example.com; script-src *",
            "https://app.example.com;sandbox",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
