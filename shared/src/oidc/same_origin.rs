//! Whether a request comes from a page of the application.

use actix_web::{
    HttpRequest,
    http::header::{HeaderValue, ORIGIN},
};

/// Browsers say so in `Sec-Fetch-Site`, also where a policy makes them send `Origin: null`; older ones in `Origin` only. A
/// request with neither is refused.
pub(super) fn is_same_origin(req: &HttpRequest, origin: &str) -> bool {
    let header = |name: &str| req.headers().get(name).map(HeaderValue::as_bytes);
    match header("sec-fetch-site") {
        Some(site) => site == b"same-origin",
        None => header(ORIGIN.as_str()) == Some(origin.as_bytes()),
    }
}
