//! `POST /users/{username}/password-reset`.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde_json::json;
use service_kit::ApiError;
use shared::UnixTime;

use super::{accounts::Accounts, reset_token::ResetToken, whom::Whom};
use crate::{config::Config, no_store::no_store, users::current_admin::CurrentAdmin};

/// `POST /users/{username}/password-reset`: a token with which the user may choose a password anew, once. For admins; the
/// role is read from the database.
///
/// # Errors
/// 403 for anybody else; 404 for nobody's name.
pub async fn offer_reset(
    CurrentAdmin(admin): CurrentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
    config: Data<Config>,
) -> Result<HttpResponse, ApiError> {
    let token = ResetToken::make().map_err(ApiError::internal)?;
    let ttl = Duration::from_secs(config.passwords.reset_ttl_secs.into());
    accounts.offer_reset(Whom::named(&name), &token, ttl, admin, UnixTime::now()).await?;
    Ok(no_store(json!({ "reset_token": token.expose(), "expires_in": ttl.as_secs() })))
}
