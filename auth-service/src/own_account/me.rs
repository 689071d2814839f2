//! `GET /me`.

use actix_web::web::Json;
use shared::{CurrentUser, User};

/// `GET /me`: the user's current data. Other services look users up here.
pub async fn me(user: CurrentUser<User>) -> Json<User> {
    Json(user.into_inner())
}
