//! `GET /admin`: for admins; the role is the token's (the tutorial's *method 1*).

use actix_web::web::Json;
use serde::Serialize;
use shared::{Admin, CurrentUser, User};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct AdminPanel {
    message: &'static str,
    admin_user: String,
}

pub async fn show(user: CurrentUser<User, Admin>) -> Json<AdminPanel> {
    Json(AdminPanel { message: "Welcome to Admin Panel!", admin_user: user.into_inner().username })
}
