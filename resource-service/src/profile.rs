//! `GET /profile`: the identity in the token, and its user.

use actix_web::web::Json;
use serde::Serialize;
use shared::{CurrentUser, Jwt, User};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Profile {
    identity_from_get_jwt_identity: String,
    username_from_current_user: String,
    full_user_details: User,
}

pub async fn show(jwt: Jwt, user: CurrentUser) -> Json<Profile> {
    Json(Profile {
        identity_from_get_jwt_identity: jwt.identity().to_owned(),
        username_from_current_user: user.username.clone(),
        full_user_details: user.into_inner(),
    })
}
