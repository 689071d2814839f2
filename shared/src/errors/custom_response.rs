//! Custom error responses.

use std::borrow::Cow;

use serde::Serialize;

/// A custom response to a rejected request, returned by an error hook.
///
/// `WWW-Authenticate`, `Cache-Control: no-store` and `Retry-After` are added as to the default response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResponse {
    /// The HTTP status code.
    pub(crate) status: u16,
    /// Names and values of additional headers.
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl CustomResponse {
    /// A response with this status code, content type and body. A status code that is not an error is sent as 500.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let status = if (300..600).contains(&status) { status } else { 500 };
        Self { status, headers: vec![("Content-Type".into(), content_type.to_owned())], body: body.into() }
    }

    /// A response with a JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(error) => {
                log::error!("cannot serialize the response of an error hook: {error}");
                Self::new(500, "text/plain", "internal error")
            }
        }
    }

    /// A redirect (303), for example to a login page.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self { status: 303, headers: vec![("Location".into(), location.into())], body: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The HTTP status code.
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
