//! `DELETE /me`.

use actix_web::{HttpResponse, web::Data};
use service_kit::ApiError;
use shared::UnixTime;

use crate::{
    administration::{accounts::Accounts, user_ref::UserRef},
    authority::recent_login::RecentLogin,
};

/// `DELETE /me`: deletes the user's own account and ends all sessions.
///
/// # Errors
/// 401 without a recent login; 409 for the last admin.
pub async fn delete_me(RecentLogin(current): RecentLogin, accounts: Data<Accounts>) -> Result<HttpResponse, ApiError> {
    accounts.delete(UserRef::Id(current.user), current.authority, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
