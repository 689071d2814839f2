//! `DELETE /me`.

use actix_web::{HttpResponse, web::Data};
use shared::{CurrentUser, Jwt, UnixTime, User};

use super::recent_log_in::RecentLogIn;
use crate::{
    administration::{accounts::Accounts, whom::Whom},
    audit::{actor::Actor, address::CallerAddress},
    error::ApiError,
};

/// `DELETE /me`: deletes the user's own account and ends all sessions.
///
/// # Errors
/// 401 for a log-in of too long ago; 409 for the last admin.
pub async fn delete_me(
    _: Jwt<RecentLogIn>,
    CurrentUser(user): CurrentUser<User>,
    address: CallerAddress,
    accounts: Data<Accounts>,
) -> Result<HttpResponse, ApiError> {
    let by = Actor::named(user.username, address.0);
    accounts.delete(Whom::Numbered(user.id), by, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
