//! `DELETE /users/{username}`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::ApiError;
use shared::UnixTime;

use super::{accounts::Accounts, user_ref::UserRef};
use crate::authority::recent_login::RecentAdmin;

/// `DELETE /users/{username}`: deletes a user and ends all sessions. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown name; 409 for the last admin.
pub async fn delete(
    RecentAdmin(admin): RecentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
) -> Result<HttpResponse, ApiError> {
    accounts.delete(UserRef::named(&name), admin, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
