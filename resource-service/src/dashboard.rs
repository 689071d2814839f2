//! `GET /dashboard`: for any user with a valid token.

use actix_web::web::Json;
use serde::Serialize;
use shared::{CurrentUser, Role, User};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Dashboard {
    message: &'static str,
    user_id: i64,
    username: String,
    role: Role,
}

pub async fn show(user: CurrentUser) -> Json<Dashboard> {
    let User { id: user_id, username, role } = user.into_inner();
    Json(Dashboard { message: "Welcome to your dashboard!", user_id, username, role })
}
