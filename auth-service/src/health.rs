//! `GET /health/live` and `GET /health/ready`.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json},
};
use serde_json::{Value, json};
use service_kit::Lifecycle;
use shared::{ErrorBody, UnixTime};

use crate::{db::Db, keys::key_keeper::KeyKeeper};

/// A node that cannot follow what others do with the keys must not go on signing with one that was withdrawn.
const LONGEST_WITHOUT_KEYS: Duration = Duration::from_secs(30);

/// `GET /health/live`: the process answers.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// `GET /health/ready`: the database answers and there is a key to sign with; 503 says what is missing.
pub async fn ready(db: Data<Db>, keys: Data<KeyKeeper>, lifecycle: Data<Lifecycle>) -> HttpResponse {
    if lifecycle.is_draining() {
        return not_ready("shutting_down", "The service is about to end");
    }
    if let Err(error) = db.ping().await {
        log::warn!("not ready: {error:?}");
        return not_ready("database_unavailable", "The database does not answer");
    }
    let now = UnixTime::now();
    if keys.ring().current(now).is_err() {
        return not_ready("keys_unavailable", "There is no key to sign with");
    }
    if keys.own_keys().age(now).is_none_or(|age| age > LONGEST_WITHOUT_KEYS) {
        return not_ready("keys_unavailable", "The signing keys could not be looked at for a while");
    }
    HttpResponse::Ok().json(json!({ "status": "ready" }))
}

fn not_ready(code: &'static str, why: &'static str) -> HttpResponse {
    ErrorBody::new(code, why).answer(StatusCode::SERVICE_UNAVAILABLE)
}
