//! Documents that caches may keep, and that are not sent twice.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, ETAG, EntityTag, Header, IfNoneMatch},
    web::Bytes,
};

use super::strong_etag;

/// A document that caches may keep for a while.
pub struct Cacheable {
    /// Its media type.
    pub content_type: &'static str,
    /// Its strong entity tag, without quotes.
    pub etag: String,
    /// What is sent to those who do not have it.
    pub body: Bytes,
    /// For how long caches may keep it without asking.
    pub max_age: Duration,
}

impl Cacheable {
    /// The answer: 304 for those who have the very same document (RFC 9110, section 13.1.2).
    pub fn answer(self, req: &HttpRequest) -> HttpResponse {
        let etag = EntityTag::new_strong(self.etag);
        let is_known = match IfNoneMatch::parse(req) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&etag)),
            Err(_) => false,
        };
        let mut builder = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        builder.insert_header((ETAG, etag.to_string()));
        builder.insert_header((CACHE_CONTROL, format!("public, max-age={}", self.max_age.as_secs())));
        if is_known { builder.finish() } else { builder.content_type(self.content_type).body(self.body) }
    }
}

/// A JSON document that caches may keep for `max_age`.
pub fn cacheable_json(req: &HttpRequest, body: String, max_age: Duration) -> HttpResponse {
    let etag = strong_etag(&body);
    Cacheable { content_type: "application/json", etag, body: body.into(), max_age }.answer(req)
}
