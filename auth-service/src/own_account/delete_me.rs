//! `DELETE /me`.

use actix_web::{HttpResponse, web::Data};
use service_kit::ApiError;
use shared::UnixTime;

use super::recent_log_in::RecentLogIn;
use crate::administration::accounts::Accounts;

/// `DELETE /me`: deletes the user's own account and ends all sessions.
///
/// # Errors
/// 401 for a login of too long ago; 409 for the last admin.
pub async fn delete_me(by: RecentLogIn, accounts: Data<Accounts>) -> Result<HttpResponse, ApiError> {
    accounts.delete_own(by.user.id, by.session, by.actor, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
