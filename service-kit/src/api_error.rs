//! Error responses.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use serde_json::{Value, json};
use shared::{AuthError, claims::InvalidRole, errors::ErrorBody};

use utoipa::ToSchema;

use crate::request_error::RequestError;

/// An error response: `message` is for the client, `source` for the log.
///
/// It knows no feature: each feature converts its own errors, in one table.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    challenge: Option<String>,
    in_oauth_form: bool,
    retry_after: Option<Duration>,
    outcome: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The body of an error in the form of OAuth (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthError)]
pub(crate) struct OAuthErrorBody<'a> {
    /// A stable code to match on.
    error: &'a str,
    /// A message for people; it may change.
    error_description: &'a str,
    /// The same message, as in other errors.
    message: &'a str,
}

impl ApiError {
    /// A response with this status, code and message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            challenge: None,
            in_oauth_form: false,
            retry_after: None,
            outcome: None,
            source: None,
        }
    }

    /// 400: the request cannot be served as it is.
    pub fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 401: the credentials are missing or wrong.
    pub fn unauthorized(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// 403: the caller is known and may not do this.
    pub fn forbidden(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 404: the requested object does not exist.
    pub fn not_found(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 409: the request conflicts with the current state.
    pub fn conflict(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 503 with `Retry-After: 1`: a retry may succeed.
    pub fn unavailable(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        Self { retry_after: Some(Duration::from_secs(1)), ..error }
    }

    /// 500: an internal error. The client does not see the cause.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error").because(source)
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The same answer with `Retry-After`, in whole seconds.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The same answer with this `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(self, challenge: impl Into<String>) -> Self {
        Self { challenge: Some(challenge.into()), ..self }
    }

    /// Adds the message as `error_description` too (RFC 6749, section 5.2).
    #[must_use]
    pub fn in_oauth_form(self) -> Self {
        Self { in_oauth_form: true, ..self }
    }

    /// Counts it as this outcome in metrics, where the code is not specific enough.
    #[must_use]
    pub fn counted_as(self, outcome: &'static str) -> Self {
        Self { outcome: Some(outcome), ..self }
    }

    /// The outcome in metrics: by default its code.
    pub(crate) fn outcome(&self) -> &'static str {
        self.outcome.unwrap_or(self.code)
    }

    /// The body of the response.
    pub(crate) fn body(&self) -> Value {
        if self.in_oauth_form {
            json!(self.oauth_body())
        } else {
            json!(ErrorBody::new(self.code, self.message.clone()))
        }
    }

    fn oauth_body(&self) -> OAuthErrorBody<'_> {
        OAuthErrorBody { error: self.code, error_description: &self.message, message: &self.message }
    }

    /// Whether the body is in the form of OAuth.
    pub(crate) fn is_in_oauth_form(&self) -> bool {
        self.in_oauth_form
    }

    /// Whether the response has `WWW-Authenticate`.
    pub(crate) fn has_challenge(&self) -> bool {
        self.challenge.is_some()
    }

    /// Whether the response has `Retry-After`.
    pub(crate) fn is_to_be_retried(&self) -> bool {
        self.retry_after.is_some()
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The code that clients match on.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let (status, code) = (error.status_code(), error.status_and_code().1);
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(Duration::from_secs(1));
        Self {
            status,
            code,
            message: error.to_string().into(),
            challenge: error.challenge(),
            in_oauth_form: false,
            retry_after,
            outcome: None,
            source: error.detail().map(Into::into),
        }
    }
}

impl From<InvalidRole> for ApiError {
    fn from(error: InvalidRole) -> Self {
        Self::bad_request("invalid_request", format!("Invalid role: {error}"))
    }
}

impl From<RequestError> for ApiError {
    fn from(error: RequestError) -> Self {
        let (status, code) = error.status_and_code();
        Self::new(status, code, error.to_string())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status);
        if let Some(challenge) = &self.challenge {
            builder.insert_header((header::WWW_AUTHENTICATE, challenge.as_str()));
        }
        if let Some(retry_after) = self.retry_after {
            builder.insert_header((header::RETRY_AFTER, retry_after.as_secs().to_string()));
        }
        if self.in_oauth_form {
            builder.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::PRAGMA, "no-cache"));
            return builder.json(self.oauth_body());
        }
        ErrorBody::new(self.code, self.message.clone()).to_response_with(&mut builder)
    }
}
