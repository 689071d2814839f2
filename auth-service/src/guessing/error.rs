//! What is answered when no guess is left.

use std::time::Duration;

use actix_web::http::StatusCode;
use service_kit::ApiError;

/// Too many guesses, or too many of something else. It says nothing about the password or whether the user exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many attempts, retry later")]
pub struct TooManyRequests {
    /// When to try again.
    pub retry_after: Duration,
}

impl TooManyRequests {
    /// As descriptions show it.
    pub const EXAMPLE: Self = Self { retry_after: Duration::from_mins(1) };
}

impl From<TooManyRequests> for ApiError {
    fn from(error: TooManyRequests) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", error.to_string()).retry_after(error.retry_after)
    }
}
