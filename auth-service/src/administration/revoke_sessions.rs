//! `POST /users/{username}/revoke-sessions`.

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use service_kit::ApiError;
use shared::UnixTime;
use utoipa::ToSchema;

use super::{accounts::Accounts, user_ref::UserRef};
use crate::authority::recent_login::RecentAdmin;

/// How many sessions were revoked.
#[derive(Serialize, ToSchema)]
pub struct SessionsRevoked {
    /// The number of sessions that have ended.
    revoked: usize,
}

/// `POST /users/{username}/revoke-sessions`: ends all sessions of a user; the response has their number. For admins; the
/// role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown name.
pub async fn revoke_sessions(
    RecentAdmin(admin): RecentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
) -> Result<Json<SessionsRevoked>, ApiError> {
    let revoked = accounts.revoke_sessions(UserRef::named(&name), admin, UnixTime::now()).await?;
    Ok(Json(SessionsRevoked { revoked }))
}
