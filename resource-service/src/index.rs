//! `GET /`: the name of the service and of the replica. Requires no token.

use actix_web::web::{Data, Json};
use serde::Serialize;
use service_kit::Instance;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Index {
    service: &'static str,
    #[schema(value_type = String)]
    instance: Data<Instance>,
}

pub async fn show(instance: Data<Instance>) -> Json<Index> {
    Json(Index { service: "resource-service", instance })
}
