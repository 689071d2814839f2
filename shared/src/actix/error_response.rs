//! Errors as HTTP responses.

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};

use crate::errors::{AuthError, ErrorBody};

impl ResponseError for AuthError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status_and_code().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = (self.status_code(), self.status_and_code().1);
        if let (Self::NotConfigured(_), Some(detail)) = (self.cause(), self.detail()) {
            log::error!("{detail}");
        }
        let mut builder = HttpResponse::build(status);
        if let Some(challenge) = self.challenge().filter(|_| status.is_client_error()) {
            builder.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            builder.insert_header((header::RETRY_AFTER, "1"));
        }
        let Self::WithResponse { response, .. } = self else {
            return ErrorBody::new(code, self.to_string()).to_response_with(&mut builder);
        };
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
        for pair in response.headers() {
            builder.insert_header(pair);
        }
        builder.body(response.body().to_vec())
    }
}

impl ErrorBody {
    /// A response with this body and `Cache-Control: no-store`.
    pub fn to_response(&self, status: StatusCode) -> HttpResponse {
        self.to_response_with(&mut HttpResponse::build(status))
    }

    /// Like [`to_response`](Self::to_response), with the status and headers of the builder.
    pub fn to_response_with(&self, builder: &mut HttpResponseBuilder) -> HttpResponse {
        builder.insert_header(("Cache-Control", "no-store")).json(self)
    }
}
