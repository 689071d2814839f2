//! Answers that a service gives in place of this crate's.

use std::borrow::Cow;

use serde::Serialize;

/// What a service answers to a refused request in place of the error body of this crate: what an error hook returns.
///
/// The challenge (`WWW-Authenticate`), `Cache-Control: no-store` and `Retry-After` are added as for any refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Names and values of further headers.
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl ErrorAnswer {
    /// An answer with this status, content type and body. A status that is not an error's is answered as 500.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let status = if (300..600).contains(&status) { status } else { 500 };
        Self { status, headers: vec![("Content-Type".into(), content_type.to_owned())], body: body.into() }
    }

    /// An answer with a JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(error) => {
                log::error!("the answer of an error hook is not JSON: {error}");
                Self::new(500, "text/plain", "internal error")
            }
        }
    }

    /// 303 See Other: sends a browser to a login page.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self { status: 303, headers: vec![("Location".into(), location.into())], body: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Names and values of the headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}
