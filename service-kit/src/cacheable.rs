//! Cacheable documents with entity tags.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, ETAG, EntityTag, Header, IfNoneMatch},
    web::Bytes,
};

use crate::etag::strong_etag;

/// A document that caches may keep, with its strong entity tag: one for each encoding (RFC 9110, section 8.8.3.3).
pub struct Cacheable {
    body: Bytes,
    /// Without quotes.
    etag: String,
}

impl Cacheable {
    /// The body.
    pub fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { etag: strong_etag(&body), body }
    }

    /// The response with that media type, which caches may keep for `max_age`: 304 for clients that have the same document
    /// (RFC 9110, section 13.1.2).
    pub fn answer(&self, req: &HttpRequest, content_type: &'static str, max_age: Duration) -> HttpResponse {
        let etag = EntityTag::new_strong(self.etag.clone());
        let is_known = match IfNoneMatch::parse(req) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&etag)),
            Err(_) => false,
        };
        let mut builder = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        builder.insert_header((ETAG, etag.to_string()));
        builder.insert_header((CACHE_CONTROL, format!("public, max-age={}", max_age.as_secs())));
        if is_known { builder.finish() } else { builder.content_type(content_type).body(self.body.clone()) }
    }
}

/// A JSON document that caches may keep for `max_age`.
pub fn cacheable_json(req: &HttpRequest, body: String, max_age: Duration) -> HttpResponse {
    Cacheable::new(body).answer(req, "application/json", max_age)
}
