//! `POST /password-reset`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody};
use shared::UnixTime;

use super::{accounts::Accounts, reset_token::ResetToken};
use crate::{
    audit::actor::Actor,
    client_info::ClientInfo,
    users::{password::Password, password_hasher::PasswordHasher},
};

/// A token from an admin, and the new password.
#[derive(Deserialize)]
pub struct Reset {
    token: String,
    password: String,
}

/// `POST /password-reset`: sets a new password and ends all sessions. The token is the only credential.
///
/// # Errors
/// 400 for an invalid password, or an invalid or expired token.
pub async fn reset_password(
    form: JsonBody<Reset>,
    client: ClientInfo,
    accounts: Data<Accounts>,
    hasher: Data<PasswordHasher>,
) -> Result<HttpResponse, ApiError> {
    let Reset { token, password } = form.0;
    let (token, password) = (ResetToken::sent(token), Password::choose(password)?);
    accounts.check_reset(&token, UnixTime::now()).await?;
    let password_hash = hasher.hash(password).await?;
    accounts.reset_password(&token, password_hash, Actor::unknown(client.address), UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
