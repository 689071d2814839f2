//! `PUT /me/password`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, Form, JsonBody};
use shared::UnixTime;

use super::recent_log_in::RecentLogIn;
use crate::{
    administration::{accounts::Accounts, error::AccountError, store},
    db::Db,
    users::{argon2id::Verdict, password::Password, password_hasher::PasswordHasher},
};

/// The password to be. The one of now need not be given, since it was within the last minutes.
#[derive(Deserialize)]
pub struct PasswordChange {
    current_password: Option<String>,
    new_password: String,
}

impl Form for PasswordChange {
    const SHAPE: &'static str = r#"the text "new_password", and perhaps "current_password""#;
}

/// `PUT /me/password`: puts a new password in place and ends all other sessions.
///
/// # Errors
/// 401 for a login of too long ago; 400 for a password that is none; 403 for a current password that is not.
pub async fn change_password(
    by: RecentLogIn,
    form: JsonBody<PasswordChange>,
    accounts: Data<Accounts>,
    hasher: Data<PasswordHasher>,
    db: Data<Db>,
) -> Result<HttpResponse, ApiError> {
    let PasswordChange { current_password, new_password } = form.0;
    let new_password = Password::choose(new_password)?;
    if let Some(current) = current_password {
        let stored = db.run(move |conn| store::find_password_hash(conn, by.user.id)).await?;
        if hasher.check(stored, Password::typed(current)).await? == Verdict::Wrong {
            return Err(AccountError::WrongPassword.into());
        }
    }
    let password_hash = hasher.hash(new_password).await?;
    accounts.change_password(by.user.id, password_hash, by.session, by.actor, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
