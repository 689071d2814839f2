//! `GET /me`.

use actix_web::web::Json;
use shared::{CurrentUser, User};

/// `GET /me`: the user as the database has it now. Other services look users up here.
pub async fn me(user: CurrentUser<User>) -> Json<User> {
    Json(user.into_inner())
}
