//! The largest request line and headers that are served.

use actix_web::dev::ServiceRequest;

use crate::request_error::{MAX_HEADERS, MAX_URI, RequestError};

/// Refuses a request whose URI or headers are too long. The HTTP library itself reads up to 128 KiB and 96 headers.
pub(crate) fn check_head(req: &ServiceRequest) -> Result<(), RequestError> {
    let uri = req.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if uri > MAX_URI {
        return Err(RequestError::UriTooLong(MAX_URI));
    }
    let headers: usize = req.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > MAX_HEADERS { Err(RequestError::HeadersTooLong(MAX_HEADERS)) } else { Ok(()) }
}
