//! `GET /`: which service this is, and which of its replicas. Open to everybody.

use actix_web::web::{Data, Json};
use serde::Serialize;
use service_kit::Instance;

#[derive(Serialize)]
pub struct Index {
    service: &'static str,
    instance: Data<Instance>,
}

pub async fn show(instance: Data<Instance>) -> Json<Index> {
    Json(Index { service: "resource-service", instance })
}
