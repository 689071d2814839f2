//! `GET /.well-known/status-list-jwks.json`.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::cacheable_json;
use shared::UnixTime;

use super::{key_keeper::KeyKeeper, key_times::KeyTimes};

/// `GET /.well-known/status-list-jwks.json`: the public keys of the status lists (RFC 7517).
pub async fn list_jwks(req: HttpRequest, keys: Data<KeyKeeper>, times: Data<KeyTimes>) -> HttpResponse {
    cacheable_json(&req, keys.ring().list_jwks(UnixTime::now()), times.jwks_max_age)
}
