//! Which requests are those of a browser for a page.

use actix_web::http::{
    Method,
    header::{ACCEPT, HeaderMap},
};

/// Whether a browser asks for a page that it can come back to: others cannot follow a redirect to a login.
pub(super) fn is_page_view(method: &Method, headers: &HeaderMap) -> bool {
    let accepts_pages = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    matches!(*method, Method::GET | Method::HEAD) && accepts_pages.is_some_and(|accept| accept.contains("text/html"))
}
