//! `GET /.well-known/jwks.json`.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::cacheable_json;
use shared::UnixTime;

use super::{key_keeper::KeyKeeper, key_times::KeyTimes};
use crate::verifiers::{asking_verifier::AskingVerifier, register::VerifierRegister};

/// `GET /.well-known/jwks.json`: the public keys (RFC 7517).
pub async fn jwks(
    req: HttpRequest,
    keys: Data<KeyKeeper>,
    verifier: AskingVerifier,
    verifiers: Data<VerifierRegister>,
    times: Data<KeyTimes>,
) -> HttpResponse {
    let now = UnixTime::now();
    verifiers.note(&verifier.instance, &verifier.etag, verifier.address, now);
    cacheable_json(&req, keys.ring().jwks(now), times.jwks_max_age)
}
