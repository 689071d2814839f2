//! Why a request with a token was turned away.

use std::{borrow::Cow, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};

use crate::{ErrorBody, token_location::TokenLocations};

/// Why a request with a token was turned away. `Display` is for the client, [`Flaw`] for the log.
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
    /// The issuer has taken the token back: by a logout, or with its user.
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
    /// No status list, or one too old to trust: whether the token was revoked is unknown.
    #[error("The issuer's status lists are temporarily unavailable")]
    StatusUnavailable,
    /// The user lookup could not be made: nothing can be said of the user.
    #[error("The user lookup is temporarily unavailable")]
    LookupUnavailable,
    /// The service was put together without what this extractor needs.
    #[error("internal error")]
    NotConfigured(&'static str),
}

/// What exactly is wrong with a token: for the log and the metrics, never for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// More than 16 KiB.
    TooLong,
    /// Not three parts of canonical base64url, or not a Bearer token at all.
    NotCompact,
    /// The header is no JSON object, or names something twice.
    Header,
    /// `alg` is not RS256.
    Algorithm,
    /// `typ` or `type` is not that of an access token.
    Type,
    /// `crit` asks for what is not understood here.
    Critical,
    /// The claims are no JSON object, lack a required claim, or have one of the wrong type.
    Claims,
    /// `iss` is nobody who is trusted here.
    Issuer,
    /// `aud` is somebody else.
    Audience,
    /// No `kid`, or one that the issuer does not publish.
    UnknownKey,
    /// The signature does not belong to the rest.
    Signature,
    /// Good here, but the issuer itself refuses it.
    RefusedByIssuer,
    /// `nbf` has yet to come.
    NotYetValid,
    /// It is no refresh token of this issuer.
    RefreshToken,
    /// It names no entry in a status list, and tokens are to.
    NoStatus,
    /// Its status list is not its issuer's.
    ForeignStatusList,
    /// Its issuer publishes no such status list.
    UnknownStatusList,
    /// Its status list ends before its entry.
    NoSuchStatusEntry,
}

impl AuthError {
    /// Whether the token names something that the issuer may have published since it was last asked.
    pub(crate) fn may_be_news(&self) -> bool {
        matches!(self, Self::Invalid(Flaw::UnknownKey | Flaw::UnknownStatusList))
    }

    /// The user may not do this: 403 with a sentence that says who may.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Forbidden(message.into())
    }

    /// The one table from failure to answer: status and code.
    pub fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Missing(_) => (StatusCode::UNAUTHORIZED, "missing_token"),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Invalid(_) => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Self::Expired => (StatusCode::UNAUTHORIZED, "token_expired"),
            Self::Revoked => (StatusCode::UNAUTHORIZED, "token_revoked"),
            Self::ClaimsStale => (StatusCode::UNAUTHORIZED, "claims_stale"),
            Self::Csrf => (StatusCode::UNAUTHORIZED, "csrf_failed"),
            Self::FreshRequired { .. } => (StatusCode::UNAUTHORIZED, "fresh_token_required"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::ScopeRequired(_) => (StatusCode::FORBIDDEN, "insufficient_scope"),
            Self::UserNotFound => (StatusCode::UNAUTHORIZED, "user_not_found"),
            Self::KeysUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "keys_unavailable"),
            Self::StatusUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "status_unavailable"),
            Self::LookupUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "user_lookup_unavailable"),
            Self::NotConfigured(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// The `WWW-Authenticate` challenge of RFC 6750, section 3, and RFC 9470, section 3; none where a token would not help.
    pub fn challenge(&self) -> Option<String> {
        let error = match self {
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

impl ResponseError for AuthError {
    fn status_code(&self) -> StatusCode {
        self.answer().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.answer();
        match self {
            Self::NotConfigured(what) => log::error!("a protected route lacks {what}"),
            Self::Invalid(flaw) => log::debug!("token refused: {flaw:?}"),
            other => log::debug!("request refused: {other}"),
        }
        let mut builder = HttpResponse::build(status);
        if let Some(challenge) = self.challenge() {
            builder.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            builder.insert_header((header::RETRY_AFTER, "1"));
        }
        ErrorBody::new(code, self.to_string()).answer_with(&mut builder)
    }
}
