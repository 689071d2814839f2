//! `GET /`.

use actix_web::web::{Data, Json};
use serde::Serialize;
use service_kit::Instance;

/// Which service this is, and which of its replicas.
#[derive(Serialize)]
pub struct Index {
    service: &'static str,
    instance: Data<Instance>,
}

/// `GET /`: open to everybody.
pub async fn show(instance: Data<Instance>) -> Json<Index> {
    Json(Index { service: "resource-service", instance })
}
