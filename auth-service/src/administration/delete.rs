//! `DELETE /users/{username}`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::ApiError;
use shared::UnixTime;

use super::{accounts::Accounts, whom::Whom};
use crate::users::current_admin::CurrentAdmin;

/// `DELETE /users/{username}`: deletes a user and ends all sessions. For admins; the role is read from the database.
///
/// # Errors
/// 403 for anybody else; 404 for nobody's name; 409 for the last admin.
pub async fn delete(
    CurrentAdmin(admin): CurrentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
) -> Result<HttpResponse, ApiError> {
    accounts.delete(Whom::named(&name), admin, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
