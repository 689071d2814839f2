//! `GET /health/live` and `GET /health/ready`.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json},
};
use serde_json::{Value, json};
use shared::{ErrorBody, TokenVerifier, UnixTime, service::Lifecycle};

/// `GET /health/live`: the process answers.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// `GET /health/ready`: tokens can be verified; 503 while the issuer's keys are not at hand.
pub async fn ready(verifier: Data<TokenVerifier>, lifecycle: Data<Lifecycle>) -> HttpResponse {
    if lifecycle.is_draining() {
        return not_ready("shutting_down", "The service is about to end");
    }
    if !verifier.is_ready(UnixTime::now()) {
        return not_ready("keys_unavailable", "The issuer's keys are not at hand yet");
    }
    HttpResponse::Ok().json(json!({ "status": "ready" }))
}

fn not_ready(code: &'static str, why: &'static str) -> HttpResponse {
    ErrorBody::new(code, why).answer(StatusCode::SERVICE_UNAVAILABLE)
}
