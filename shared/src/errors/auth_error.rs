//! Authentication and authorization errors.

use std::{borrow::Cow, time::Duration};

use super::{custom_response::CustomResponse, flaw::Flaw};
use crate::token_location::TokenLocations;

/// Why a request was rejected. The client sees the `Display` message; a [`Flaw`] is only for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// No token in any of the configured locations.
    #[error("{}", .0.missing_message())]
    Missing(TokenLocations),
    /// The request itself is ambiguous or malformed (RFC 6750, section 3.1, `invalid_request`).
    #[error("{0}")]
    BadRequest(&'static str),
    /// The token is malformed, forged, not yet valid, or from another issuer or for another audience.
    #[error("Invalid token")]
    Invalid(Flaw),
    /// The token has expired.
    #[error("Token has expired")]
    Expired,
    /// The issuer has revoked the token, for example after a logout.
    #[error("Token has been revoked")]
    Revoked,
    /// The token's claims are out of date, for example after a role change; a refresh returns a token with current claims.
    #[error("claims changed, refresh the token")]
    ClaimsStale,
    /// The CSRF token of a request with a token in a cookie is missing or wrong.
    #[error("The X-CSRF-TOKEN header is missing or wrong")]
    Csrf,
    /// The route requires a fresh token (RFC 9470).
    #[error("Fresh token required")]
    FreshRequired {
        /// The maximum time since authentication, if the route sets one.
        max_age: Option<Duration>,
    },
    /// The token is valid, but a rule of the route forbids the request.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// The token lacks a scope (RFC 6750, section 3.1).
    #[error("Scope {0} required")]
    ScopeRequired(&'static str),
    /// The token's user does not exist any more.
    #[error("User not found")]
    UserNotFound,
    /// The issuer's keys are missing or stale, so the token cannot be verified.
    #[error("The issuer's keys are temporarily unavailable")]
    KeysUnavailable,
    /// The token's status list is missing or stale, so it is unknown whether the token has been revoked.
    #[error("The issuer's status lists are temporarily unavailable")]
    StatusUnavailable,
    /// The user lookup failed.
    #[error("The user lookup is temporarily unavailable")]
    LookupUnavailable,
    /// The application lacks something that the extractor or rule needs. A programming error: 500.
    #[error("internal error")]
    NotConfigured(&'static str),
    /// Any of the other errors, with the response of the service's error hook.
    #[error("{cause}")]
    WithResponse {
        /// Why the request was rejected.
        cause: Box<Self>,
        /// The response.
        response: Box<CustomResponse>,
    },
}

impl AuthError {
    /// Whether the token refers to a key or list that the issuer may have published since the last fetch.
    pub(crate) fn may_need_refetch(&self) -> bool {
        matches!(self, Self::Invalid(Flaw::UnknownKey | Flaw::UnknownStatusList))
    }

    /// Why the request was rejected, without the error hook's response.
    pub fn cause(&self) -> &Self {
        if let Self::WithResponse { cause, .. } = self { cause } else { self }
    }

    /// Details for the log, which the client must not see.
    pub fn detail(&self) -> Option<String> {
        match self.cause() {
            Self::NotConfigured(what) => Some(format!("a protected route lacks {what}")),
            Self::Invalid(flaw) => Some(format!("{flaw:?}")),
            _ => None,
        }
    }

    /// A 403 with a message that says what is required.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Forbidden(message.into())
    }

    /// The HTTP status and the error code.
    pub fn status_and_code(&self) -> (u16, &'static str) {
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
            Self::WithResponse { cause, response } => (response.status(), cause.status_and_code().1),
        }
    }

    /// The `WWW-Authenticate` challenge (RFC 6750, section 3; RFC 9470, section 3), or `None` if a new token would not
    /// help.
    pub fn challenge(&self) -> Option<String> {
        let error = match self {
            Self::WithResponse { cause, .. } => return cause.challenge(),
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
        Some(format!(
            "Bearer error=\"{error}\", error_description=\"{}\"{wanted}",
            sanitized_description(&self.to_string())
        ))
    }
}

/// RFC 6750, section 3, requires at least one parameter after `Bearer`.
const REALM: &str = "access token";

/// Replaces what `error_description` must not contain (RFC 6750, section 3): all but printable ASCII, and `"` and `\`.
fn sanitized_description(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') && c != '"' && c != '\\' { c } else { '?' }).collect()
}
