//! `POST /users/{username}/revoke-sessions`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde_json::json;
use service_kit::ApiError;
use shared::UnixTime;

use super::{accounts::Accounts, user_ref::UserRef};
use crate::authority::recent_login::RecentAdmin;

/// `POST /users/{username}/revoke-sessions`: ends all sessions of a user; the response has their number. For admins; the
/// role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown name.
pub async fn revoke_sessions(
    RecentAdmin(admin): RecentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
) -> Result<HttpResponse, ApiError> {
    let revoked = accounts.revoke_sessions(UserRef::named(&name), admin, UnixTime::now()).await?;
    Ok(HttpResponse::Ok().json(json!({ "revoked": revoked })))
}
