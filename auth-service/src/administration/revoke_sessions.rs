//! `POST /users/{username}/revoke-sessions`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde_json::json;
use service_kit::ApiError;
use shared::UnixTime;

use super::{accounts::Accounts, whom::Whom};
use crate::users::current_admin::CurrentAdmin;

/// `POST /users/{username}/revoke-sessions`: ends all sessions of a user, and says how many there were. For admins; the
/// role is read from the database.
///
/// # Errors
/// 403 for anybody else; 404 for nobody's name.
pub async fn revoke_sessions(
    CurrentAdmin(admin): CurrentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
) -> Result<HttpResponse, ApiError> {
    let revoked = accounts.revoke_sessions(Whom::named(&name), admin, UnixTime::now()).await?;
    Ok(HttpResponse::Ok().json(json!({ "revoked": revoked })))
}
