//! Requests that are rejected before their handler runs.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
};

use shared::errors::ErrorBody;

/// The longest path and query together that are served, in bytes. RFC 9110, section 4.1, recommends at least 8000.
pub(crate) const MAX_URI: usize = 8 * 1024;
/// Names and values of all headers together, in bytes: a token of maximum length in one of them, and as much again.
pub(crate) const MAX_HEADERS: usize = 32 * 1024;

/// Why a request is rejected before its handler runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No route of this service.
    #[error("Not found")]
    NotFound,
    /// The route exists, but not with this method; these are allowed.
    #[error("Method not allowed")]
    MethodNotAllowed(String),
    /// Path and query together are longer than the limit.
    #[error("Path and query exceed {0} bytes")]
    UriTooLong(usize),
    /// All headers together are longer than the limit.
    #[error("Headers exceed {0} bytes")]
    HeadersTooLong(usize),
    /// The content type is not JSON.
    #[error("Content-Type must be application/json")]
    NotJson,
    /// The body is longer than the limit.
    #[error("Request body exceeds {0} bytes")]
    BodyTooLong(usize),
    /// The body did not arrive in time.
    #[error("Request body timeout")]
    BodyTooSlow,
    /// The client closed the connection before the end of the body.
    #[error("Incomplete request body")]
    IncompleteBody,
    /// The body is not JSON.
    #[error("Malformed JSON body")]
    MalformedJson,
    /// A field of the body is missing or invalid; this says which.
    #[error("Invalid request body: {0}")]
    InvalidBody(String),
    /// A parameter of the query string is missing or invalid; this says which.
    #[error("Invalid query string: {0}")]
    InvalidQuery(String),
}

impl RequestError {
    /// Those that any request may get, whatever its route.
    pub(crate) fn of_any_request() -> [Self; 4] {
        let not_allowed = Self::MethodNotAllowed(String::new());
        [not_allowed, Self::UriTooLong(MAX_URI), Self::HeadersTooLong(MAX_HEADERS), Self::IncompleteBody]
    }

    /// Status and code of the response.
    pub fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::UriTooLong(_) => (StatusCode::URI_TOO_LONG, "uri_too_long"),
            Self::HeadersTooLong(_) => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_long"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::BodyTooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large"),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "request_timeout"),
            Self::IncompleteBody | Self::MalformedJson | Self::InvalidBody(_) | Self::InvalidQuery(_) => {
                (StatusCode::BAD_REQUEST, "invalid_request")
            }
        }
    }
}

impl ResponseError for RequestError {
    fn status_code(&self) -> StatusCode {
        self.status_and_code().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.status_and_code();
        let mut builder = HttpResponse::build(status);
        if let Self::MethodNotAllowed(allowed) = self {
            builder.insert_header((header::ALLOW, allowed.as_str()));
        }
        ErrorBody::new(code, self.to_string()).to_response_with(&mut builder)
    }
}

/// The handler of every path without a route.
///
/// # Errors
/// Always [`RequestError::NotFound`].
pub async fn no_such_route(_: HttpRequest) -> Result<HttpResponse, RequestError> {
    Err(RequestError::NotFound)
}
