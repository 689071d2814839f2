//! `GET /users/{username}`.

use actix_web::web::{Data, Json, Path};
use service_kit::ApiError;
use shared::UnixTime;

use super::{account::Account, accounts::Accounts, user_ref::UserRef};
use crate::authority::current_admin::CurrentAdmin;

/// `GET /users/{username}`: a user as admins see it. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown name.
pub async fn show(
    CurrentAdmin(admin): CurrentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
) -> Result<Json<Account>, ApiError> {
    Ok(Json(accounts.find(UserRef::named(&name), admin, UnixTime::now()).await?))
}
