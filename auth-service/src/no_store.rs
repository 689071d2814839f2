//! Responses that must not be cached.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL};
use serde::Serialize;

/// 200 with a JSON body that must not be cached (RFC 6749, section 5.1).
pub fn no_store(body: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}
