//! Headers that do not keep a request's body in memory.

use actix_web::{
    dev::ServiceRequest,
    http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING},
};

/// Gives the headers of a request with a body memory of their own. They arrive as parts of the buffer that the body has been read
/// into, and actix-web keeps them for reuse, so that passwords would stay in memory until the worker handles other requests.
pub fn detach_headers(req: &mut ServiceRequest) {
    if req.headers().contains_key(CONTENT_LENGTH) || req.headers().contains_key(TRANSFER_ENCODING) {
        req.headers_mut().retain(|_, value| {
            if let Ok(own) = HeaderValue::from_bytes(value.as_bytes()) {
                *value = own;
            }
            true
        });
    }
}
