//! Why a login fails.

use super::{login_sessions::SessionsError, token_flaw::TokenFlaw};
use crate::client::FetchError;

/// Why a login, or a request of a user, fails. `Display` says it to the user; the cause is for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// Nobody is logged in.
    #[error("Please log in")]
    NotSignedIn,
    /// The response belongs to no login of this browser, or the login took too long.
    #[error("This login has expired or was begun in another browser")]
    NotPending,
    /// The response is malformed, or not from the issuer.
    #[error("The login has failed")]
    InvalidResponse(&'static str),
    /// The user or the issuer has cancelled the login, with this error code.
    #[error("The login was cancelled")]
    Cancelled(String),
    /// The issuer refuses the code, with this error code.
    #[error("The login has failed")]
    Refused(String),
    /// A token of the issuer is refused.
    #[error("The login has failed")]
    InvalidToken(#[from] TokenFlaw),
    /// The request comes from another site.
    #[error("The request comes from another site")]
    OtherOrigin,
    /// The issuer does not respond.
    #[error("The login is not available at the moment")]
    IssuerUnavailable(#[from] FetchError),
    /// The issuer has not been reached since the start.
    #[error("The login is not available at the moment")]
    NotDiscovered,
    /// Too many logins at the same time.
    #[error("Too many logins at the moment")]
    Busy,
    /// Sessions cannot be read or written.
    #[error("The login is not available at the moment")]
    SessionsUnavailable(#[from] SessionsError),
    /// `OidcLogin::app` is not part of the application, or this machine is out of order.
    #[error("Internal error")]
    Internal(&'static str),
}

impl LoginError {
    /// The status code of the response.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotSignedIn => 401,
            Self::NotPending | Self::InvalidResponse(_) | Self::Refused(_) => 400,
            Self::Cancelled(_) | Self::OtherOrigin => 403,
            Self::InvalidToken(TokenFlaw::KeysUnavailable)
            | Self::IssuerUnavailable(_)
            | Self::NotDiscovered
            | Self::Busy
            | Self::SessionsUnavailable(_) => 503,
            Self::InvalidToken(_) => 502,
            Self::Internal(_) => 500,
        }
    }

    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "login_required",
            Self::NotPending => "login_expired",
            Self::InvalidResponse(_) | Self::Refused(_) | Self::InvalidToken(_) => "login_failed",
            Self::Cancelled(_) => "login_cancelled",
            Self::OtherOrigin => "forbidden",
            Self::IssuerUnavailable(_) | Self::NotDiscovered | Self::SessionsUnavailable(_) => "login_unavailable",
            Self::Busy => "busy",
            Self::Internal(_) => "internal",
        }
    }

    /// The cause, which the user must not see.
    pub fn cause(&self) -> String {
        match self {
            Self::InvalidResponse(cause) | Self::Internal(cause) => (*cause).to_owned(),
            Self::Cancelled(code) | Self::Refused(code) => {
                code.chars().take(100).flat_map(char::escape_debug).collect()
            }
            Self::InvalidToken(flaw) => flaw.to_string(),
            Self::IssuerUnavailable(error) => error.to_string(),
            Self::NotDiscovered => "the issuer has not responded yet".to_owned(),
            Self::SessionsUnavailable(error) => error.to_string(),
            Self::NotSignedIn | Self::NotPending | Self::OtherOrigin | Self::Busy => self.to_string(),
        }
    }

    /// Logs it once, where the request ends.
    pub(super) fn log(&self) {
        match self.status() {
            500.. => log::error!("login: {}: {}", self.code(), self.cause()),
            _ => log::debug!("login: {}: {}", self.code(), self.cause()),
        }
    }
}
