//! `GET /health/live` and `GET /health/ready`.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json},
};
use serde_json::{Value, json};
use service_kit::Lifecycle;
use shared::{AuthError, ErrorBody, TokenVerifier, UnixTime};

/// `GET /health/live`: the process answers.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// `GET /health/ready`: tokens can be verified; 503 while the issuer's keys, or its status lists where tokens need a
/// status, are not at hand.
pub async fn ready(verifier: Data<TokenVerifier>, lifecycle: Data<Lifecycle>) -> HttpResponse {
    if lifecycle.is_draining() {
        return not_ready("shutting_down", "The service is about to end");
    }
    match verifier.readiness(UnixTime::now()) {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ready" })),
        Err(AuthError::StatusUnavailable) => {
            not_ready("status_unavailable", "The issuer's status lists are not at hand yet")
        }
        Err(_) => not_ready("keys_unavailable", "The issuer's keys are not at hand yet"),
    }
}

fn not_ready(code: &'static str, why: &'static str) -> HttpResponse {
    ErrorBody::new(code, why).answer(StatusCode::SERVICE_UNAVAILABLE)
}
