//! `PUT /me/password`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody};
use shared::UnixTime;

use crate::{
    administration::{accounts::Accounts, error::AccountError},
    authority::recent_login::RecentLogin,
    users::{argon2id::Verdict, password::Password, password_hasher::PasswordHasher},
};

/// The new password. The current one is optional, since it was entered within the last minutes.
#[derive(Deserialize)]
pub struct PasswordChange {
    current_password: Option<String>,
    new_password: String,
}

/// `PUT /me/password`: sets a new password and ends all other sessions.
///
/// # Errors
/// 401 without a recent login; 400 for an invalid new password; 403 for a wrong current one.
pub async fn change_password(
    RecentLogin(current): RecentLogin,
    form: JsonBody<PasswordChange>,
    accounts: Data<Accounts>,
    hasher: Data<PasswordHasher>,
) -> Result<HttpResponse, ApiError> {
    let PasswordChange { current_password, new_password } = form.0;
    let new_password = Password::choose(new_password)?;
    if let Some(typed) = current_password {
        let stored = accounts.find_password_hash(current.user).await?;
        if hasher.check(stored, Password::typed(typed)).await? == Verdict::Wrong {
            return Err(AccountError::WrongPassword.into());
        }
    }
    let password_hash = hasher.hash(new_password).await?;
    accounts.change_password(current.user, password_hash, current.session, current.authority, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
