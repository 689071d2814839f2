//! Documents that caches may keep, and that are not sent twice.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, ETAG, EntityTag, Header, IfNoneMatch},
};

use crate::etag::strong_etag;

/// A JSON document that caches may keep for `max_age`; 304 for those who have the very same one (RFC 9110,
/// section 13.1.2).
pub fn cacheable_json(req: &HttpRequest, body: String, max_age: Duration) -> HttpResponse {
    let etag = EntityTag::new_strong(strong_etag(&body));
    let is_known = match IfNoneMatch::parse(req) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&etag)),
        Err(_) => false,
    };
    let mut builder = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    builder.insert_header((ETAG, etag.to_string()));
    builder.insert_header((CACHE_CONTROL, format!("public, max-age={}", max_age.as_secs())));
    if is_known { builder.finish() } else { builder.content_type("application/json").body(body) }
}
