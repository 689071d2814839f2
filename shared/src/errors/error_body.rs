//! The body of every error answer.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// `{"error": <code to match on>, "message": <for people>}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A short code that never changes; clients match on it.
    pub error: Cow<'static, str>,
    /// A sentence for people; it may change.
    pub message: Cow<'static, str>,
}

impl ErrorBody {
    /// A code and a sentence.
    pub fn new(error: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { error: Cow::Borrowed(error), message: message.into() }
    }
}
