//! The largest request line and headers that are served.

use actix_web::dev::ServiceRequest;

use crate::request_error::RequestError;

/// Path and query together, in bytes. RFC 9110, section 4.1, recommends at least 8000.
const MAX_URI: usize = 8 * 1024;
/// Names and values of all headers together, in bytes: a token of maximum length in one of them, and as much again.
const MAX_HEADERS: usize = 32 * 1024;

/// Refuses a request whose URI or headers are too long. The HTTP library itself reads up to 128 KiB and 96 headers.
pub(crate) fn check_head(req: &ServiceRequest) -> Result<(), RequestError> {
    let uri = req.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if uri > MAX_URI {
        return Err(RequestError::UriTooLong(MAX_URI));
    }
    let headers: usize = req.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > MAX_HEADERS { Err(RequestError::HeadersTooLong(MAX_HEADERS)) } else { Ok(()) }
}
