//! `POST /users/{username}/password-reset`.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Serialize;
use service_kit::ApiError;
use shared::UnixTime;
use utoipa::ToSchema;

use super::{accounts::Accounts, reset_token::ResetToken, user_ref::UserRef};
use crate::{authority::recent_login::RecentAdmin, no_store::no_store};

/// How long a password reset token is valid.
#[derive(Clone, Copy, Debug)]
pub struct PasswordResetTtl(pub Duration);

/// A password reset token.
#[derive(Serialize, ToSchema)]
pub struct ResetOffer {
    /// For `POST /password-reset`.
    reset_token: String,
    /// Seconds until it expires.
    expires_in: u64,
}

/// `POST /users/{username}/password-reset`: issues a single-use password reset token. For admins; the
/// role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown name.
pub async fn offer_reset(
    RecentAdmin(admin): RecentAdmin,
    name: Path<String>,
    accounts: Data<Accounts>,
    ttl: Data<PasswordResetTtl>,
) -> Result<HttpResponse, ApiError> {
    let token = ResetToken::generate().map_err(ApiError::internal)?;
    let PasswordResetTtl(ttl) = **ttl;
    let response = ResetOffer { reset_token: token.expose().to_owned(), expires_in: ttl.as_secs() };
    accounts.offer_reset(UserRef::named(&name), token, ttl, admin, UnixTime::now(), |_| Ok(())).await?;
    Ok(no_store(response))
}
