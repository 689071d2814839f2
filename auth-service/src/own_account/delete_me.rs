//! `DELETE /me`.

use actix_web::{HttpResponse, web::Data};
use service_kit::ApiError;
use shared::UnixTime;

use super::recent_login::RecentLogin;
use crate::administration::accounts::Accounts;

/// `DELETE /me`: deletes the user's own account and ends all sessions.
///
/// # Errors
/// 401 without a recent login; 409 for the last admin.
pub async fn delete_me(by: RecentLogin, accounts: Data<Accounts>) -> Result<HttpResponse, ApiError> {
    accounts.delete_own(by.user, by.session, by.actor, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
