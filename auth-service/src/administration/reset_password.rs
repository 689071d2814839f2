//! `POST /password-reset`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, Form, JsonBody};
use shared::UnixTime;

use super::{accounts::Accounts, reset_token::ResetToken};
use crate::{
    audit::actor::Actor,
    origin::Origin,
    users::{password::Password, password_hasher::PasswordHasher},
};

/// A token from an admin, and the password to be.
#[derive(Deserialize)]
pub struct Reset {
    token: String,
    password: String,
}

impl Form for Reset {
    const SHAPE: &'static str = r#"the texts "token" and "password""#;
}

/// `POST /password-reset`: puts a new password in place and ends all sessions. Whoever has the token may.
///
/// # Errors
/// 400 for a password that is none, or a token that was used, has expired or never was.
pub async fn reset_password(
    form: JsonBody<Reset>,
    origin: Origin,
    accounts: Data<Accounts>,
    hasher: Data<PasswordHasher>,
) -> Result<HttpResponse, ApiError> {
    let Reset { token, password } = form.0;
    let (token, password) = (ResetToken::given(token), Password::choose(password)?);
    accounts.check_reset(&token, UnixTime::now()).await?;
    let password_hash = hasher.hash(password).await?;
    accounts.reset_password(&token, password_hash, Actor::unknown(origin.address), UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
