//! An answer as the tests look at it.

use actix_web::http::header::HeaderMap;
use shared::errors::ErrorBody;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    error: Option<ErrorBody>,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: HeaderMap, text: String) -> Self {
        let error = serde_json::from_str(&text).ok();
        Self { status, headers, text, error }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status, code and message of an answer that turns the request away.
    pub(crate) fn refusal(&self) -> (u16, &str, &str) {
        let error = self.error.as_ref().unwrap_or_else(|| panic!("no error body: {self:?}"));
        (self.status, &error.error, &error.message)
    }
}
