//! Why an attempt to log in or register failed.

use std::time::Duration;

/// Why an attempt to log in or register failed. The page is shown again with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Wrong username or password; the page does not say which.
    WrongCredentials,
    /// The account is disabled.
    Disabled,
    /// Too many attempts.
    TooManyAttempts {
        /// When the next one may succeed.
        retry_after: Duration,
    },
    /// Too many other requests.
    Busy,
    /// The page was shown to the browser before it was recognized by another cookie.
    Expired,
    /// The username is not allowed, for this reason.
    InvalidUsername(String),
    /// The username is another user's.
    UsernameTaken,
    /// The password is not allowed, for this reason.
    WeakPassword(String),
    /// Nobody may register.
    RegistrationClosed,
}

impl Problem {
    /// Whether the username is to be corrected.
    pub fn is_about_username(&self) -> bool {
        matches!(self, Self::InvalidUsername(_) | Self::UsernameTaken)
    }

    /// Whether the password is to be corrected.
    pub fn is_about_password(&self) -> bool {
        matches!(self, Self::WeakPassword(_))
    }

    /// When to try again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyAttempts { retry_after } => Some(*retry_after),
            Self::Busy => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}
