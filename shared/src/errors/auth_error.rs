//! Why a request with a token was refused.

use std::{borrow::Cow, time::Duration};

use super::{error_answer::ErrorAnswer, flaw::Flaw};
use crate::token_location::TokenLocations;

/// Why a request with a token was refused. `Display` is for the client, [`Flaw`] for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// No token where one is looked for.
    #[error("{}", .0.missing_message())]
    Missing(TokenLocations),
    /// The request itself is ambiguous or malformed (RFC 6750, section 3.1, `invalid_request`).
    #[error("{0}")]
    BadRequest(&'static str),
    /// A token that was tampered with, comes from elsewhere or is meant for somebody else.
    #[error("Invalid token")]
    Invalid(Flaw),
    /// The token was good once.
    #[error("Token has expired")]
    Expired,
    /// The issuer has revoked the token: by a logout, or with its user.
    #[error("Token has been revoked")]
    Revoked,
    /// What the token says of its user no longer holds, such as the role; a refresh brings what does.
    #[error("claims changed, refresh the token")]
    ClaimsStale,
    /// A token from a cookie without the second half of the double submit.
    #[error("The X-CSRF-TOKEN header is missing or wrong")]
    Csrf,
    /// The route requires recent authentication (RFC 9470).
    #[error("Fresh token required")]
    FreshRequired {
        /// How old the login may be, where the route sets a limit.
        max_age: Option<Duration>,
    },
    /// The token is good, but its user may not do this.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// The token lacks a scope (RFC 6750, section 3.1).
    #[error("Scope {0} required")]
    ScopeRequired(&'static str),
    /// The user that the token names is gone.
    #[error("User not found")]
    UserNotFound,
    /// No key set, or one too old to trust: nothing can be said of the token.
    #[error("The issuer's keys are temporarily unavailable")]
    KeysUnavailable,
    /// No status list, or one too old to trust: it is unknown whether the token was revoked.
    #[error("The issuer's status lists are temporarily unavailable")]
    StatusUnavailable,
    /// The user lookup could not be made: nothing can be said of the user.
    #[error("The user lookup is temporarily unavailable")]
    LookupUnavailable,
    /// The service was put together without what this extractor needs.
    #[error("internal error")]
    NotConfigured(&'static str),
    /// Any of the others, with the answer that the service's error hook chose for it.
    #[error("{cause}")]
    Answered {
        /// Why the request was refused.
        cause: Box<Self>,
        /// What is answered.
        answer: Box<ErrorAnswer>,
    },
}

impl AuthError {
    /// Whether the token names something that the issuer may have published since it was last asked.
    pub(crate) fn may_be_news(&self) -> bool {
        matches!(self, Self::Invalid(Flaw::UnknownKey | Flaw::UnknownStatusList))
    }

    /// Why the request was refused, whatever the service answers.
    pub fn cause(&self) -> &Self {
        if let Self::Answered { cause, .. } = self { cause } else { self }
    }

    /// A detail for the log. The client does not see it.
    pub fn detail(&self) -> Option<String> {
        match self.cause() {
            Self::NotConfigured(what) => Some(format!("a protected route lacks {what}")),
            Self::Invalid(flaw) => Some(format!("{flaw:?}")),
            _ => None,
        }
    }

    /// The user may not do this: 403 with a sentence that says who may.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Forbidden(message.into())
    }

    /// HTTP status and error code.
    pub fn answer(&self) -> (u16, &'static str) {
        match self {
            Self::Missing(_) => (401, "missing_token"),
            Self::BadRequest(_) => (400, "invalid_request"),
            Self::Invalid(_) => (401, "invalid_token"),
            Self::Expired => (401, "token_expired"),
            Self::Revoked => (401, "token_revoked"),
            Self::ClaimsStale => (401, "claims_stale"),
            Self::Csrf => (401, "csrf_failed"),
            Self::FreshRequired { .. } => (401, "fresh_token_required"),
            Self::Forbidden(_) => (403, "forbidden"),
            Self::ScopeRequired(_) => (403, "insufficient_scope"),
            Self::UserNotFound => (401, "user_not_found"),
            Self::KeysUnavailable => (503, "keys_unavailable"),
            Self::StatusUnavailable => (503, "status_unavailable"),
            Self::LookupUnavailable => (503, "user_lookup_unavailable"),
            Self::NotConfigured(_) => (500, "internal"),
            Self::Answered { cause, answer } => (answer.status(), cause.answer().1),
        }
    }

    /// The `WWW-Authenticate` challenge of RFC 6750, section 3, and RFC 9470, section 3; none where a token would not help.
    pub fn challenge(&self) -> Option<String> {
        let error = match self {
            Self::Answered { cause, .. } => return cause.challenge(),
            Self::Missing(_) => return Some(format!("Bearer realm=\"{REALM}\"")),
            Self::BadRequest(_) => "invalid_request",
            Self::Invalid(_) | Self::Expired | Self::Revoked | Self::ClaimsStale | Self::Csrf | Self::UserNotFound => {
                "invalid_token"
            }
            Self::FreshRequired { .. } => "insufficient_user_authentication",
            Self::Forbidden(_) | Self::ScopeRequired(_) => "insufficient_scope",
            Self::KeysUnavailable | Self::StatusUnavailable | Self::LookupUnavailable | Self::NotConfigured(_) => {
                return None;
            }
        };
        let wanted = match self {
            Self::FreshRequired { max_age: Some(max_age) } => format!(", max_age=\"{}\"", max_age.as_secs()),
            Self::ScopeRequired(scope) => format!(", scope=\"{scope}\""),
            _ => String::new(),
        };
        Some(format!("Bearer error=\"{error}\", error_description=\"{}\"{wanted}", quotable(&self.to_string())))
    }
}

/// RFC 6750, section 3, wants a parameter behind `Bearer` in any case.
const REALM: &str = "access token";

/// What may stand between the quotes of `error_description` (RFC 6750, section 3): printable ASCII but `"` and `\`.
fn quotable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') && c != '"' && c != '\\' { c } else { '?' }).collect()
}
