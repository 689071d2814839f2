//! The body of error responses.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// `{"error": <code>, "message": <text>}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Error))]
pub struct ErrorBody {
    /// A stable error code for programs.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub error: Cow<'static, str>,
    /// A message for people; the wording may change.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub message: Cow<'static, str>,
}

impl ErrorBody {
    /// A body with this code and message.
    pub fn new(error: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { error: Cow::Borrowed(error), message: message.into() }
    }
}
