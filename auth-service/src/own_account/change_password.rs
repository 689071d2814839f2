//! `PUT /me/password`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, uninterrupted};
use shared::UnixTime;
use utoipa::ToSchema;

use super::own_account::OwnAccount;
use crate::{
    authority::recent_login::RecentLogin,
    client_info::ClientInfo,
    no_store::no_store,
    users::{password::Password, password_policy::PasswordPolicy},
};

/// The current password and the new one.
#[derive(Deserialize, ToSchema)]
pub struct PasswordChange {
    #[schema(format = Password)]
    current_password: String,
    /// 8 to 1024 bytes in UTF-8.
    #[schema(format = Password, min_length = 2, max_length = 1024)]
    new_password: String,
}

/// `PUT /me/password`: sets a new password, ends all other sessions, and returns new tokens of this one.
///
/// # Errors
/// 401 without a recent login; 400 for an invalid or weak new password; 403 for a wrong current one.
pub async fn change_password(
    RecentLogin(me): RecentLogin,
    form: JsonBody<PasswordChange>,
    client: ClientInfo,
    policy: Data<PasswordPolicy>,
    own_account: Data<OwnAccount>,
) -> Result<HttpResponse, ApiError> {
    let PasswordChange { current_password, new_password } = form.0;
    let (current, new) = (Password::typed(current_password), Password::choose(new_password)?);
    uninterrupted(async move {
        let new = policy.accept(new, &me.username, UnixTime::now()).await?;
        Ok(no_store(own_account.change_password(me, current, new, client, UnixTime::now()).await?))
    })
    .await
}
