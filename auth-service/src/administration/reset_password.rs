//! `POST /password-reset`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, uninterrupted};
use shared::UnixTime;
use utoipa::ToSchema;

use super::{accounts::Accounts, error::AccountError, reset_token::ResetToken};
use crate::{
    audit::actor::Actor,
    client_info::ClientInfo,
    guessing::guesses::Guesses,
    users::{
        hash_queue::Priority, password::Password, password_hasher::PasswordHasher, password_policy::PasswordPolicy,
    },
};

/// A token from an admin, and the new password.
#[derive(Deserialize, ToSchema)]
pub struct Reset {
    token: String,
    /// 8 to 1024 bytes in UTF-8.
    #[schema(format = Password, min_length = 2, max_length = 1024)]
    password: String,
}

/// `POST /password-reset`: sets a new password and ends all sessions. The token is the only credential.
///
/// # Errors
/// 400 for an invalid or weak password, or an invalid or expired token; 429 after too many of those.
pub async fn reset_password(
    form: JsonBody<Reset>,
    client: ClientInfo,
    accounts: Data<Accounts>,
    policy: Data<PasswordPolicy>,
    hasher: Data<PasswordHasher>,
    guesses: Data<Guesses>,
) -> Result<HttpResponse, ApiError> {
    let Reset { token, password } = form.0;
    let (token, password) = (ResetToken::sent(token), Password::choose(password)?);
    uninterrupted(async move {
        let sender = guesses.sender(client.address.as_deref(), None, UnixTime::now());
        let request = guesses.begin(sender, UnixTime::now())?;
        let username = accounts.check_reset(&token, UnixTime::now()).await.inspect_err(|error| {
            if matches!(error, AccountError::InvalidResetToken) {
                request.fail(UnixTime::now());
            }
        })?;
        let password = policy.accept(password, &username, UnixTime::now()).await?;
        let password_hash = hasher.hash(password, Priority::Known(request.rank())).await?;
        accounts.reset_password(&token, password_hash, Actor::unknown(client.address), UnixTime::now()).await?;
        Ok(HttpResponse::NoContent().finish())
    })
    .await
}
