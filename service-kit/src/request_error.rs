//! Requests that no handler gets to see.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
};

use shared::ErrorBody;

/// Why a request is turned away before its handler sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No route of this service.
    #[error("There is nothing at this address")]
    NotFound,
    /// A route of this service, but not with this method.
    #[error("This address takes {0} only")]
    MethodNotAllowed(String),
    /// A body in another format than JSON.
    #[error("The body must be JSON: send it with Content-Type: application/json")]
    NotJson,
    /// A body that is longer than any that is taken.
    #[error("The body is longer than {0} bytes")]
    BodyTooLong(usize),
    /// A body that does not arrive.
    #[error("The body did not arrive in time")]
    BodyTooSlow,
    /// A body that broke off on the way.
    #[error("The body broke off")]
    BodyBrokeOff,
    /// A body that is no JSON.
    #[error("The body is not valid JSON")]
    MalformedJson,
    /// JSON, but of another shape than the route takes.
    #[error("The body must be a JSON object with {0}")]
    WrongShape(&'static str),
    /// A query string of another shape than the route takes.
    #[error("The query string may have {0}")]
    WrongQuery(&'static str),
}

impl RequestError {
    /// The one table from failure to answer: status and code.
    pub fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::BodyTooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large"),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "request_timeout"),
            Self::BodyBrokeOff | Self::MalformedJson | Self::WrongShape(_) | Self::WrongQuery(_) => {
                (StatusCode::BAD_REQUEST, "invalid_request")
            }
        }
    }
}

impl ResponseError for RequestError {
    fn status_code(&self) -> StatusCode {
        self.answer().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.answer();
        let mut builder = HttpResponse::build(status);
        if let Self::MethodNotAllowed(allowed) = self {
            builder.insert_header((header::ALLOW, allowed.as_str()));
        }
        ErrorBody::new(code, self.to_string()).answer_with(&mut builder)
    }
}

/// The handler of every address without a route.
///
/// # Errors
/// Always [`RequestError::NotFound`].
pub async fn no_such_route(_: HttpRequest) -> Result<HttpResponse, RequestError> {
    Err(RequestError::NotFound)
}
