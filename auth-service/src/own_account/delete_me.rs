//! `DELETE /me`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, uninterrupted};
use shared::UnixTime;
use utoipa::ToSchema;

use super::own_account::OwnAccount;
use crate::{authority::recent_login::RecentLogin, client_info::ClientInfo, users::password::Password};

/// The password.
#[derive(Deserialize, ToSchema)]
pub struct Deletion {
    #[schema(format = Password)]
    password: String,
}

/// `DELETE /me`: deletes the user's own account and ends all sessions.
///
/// # Errors
/// 401 without a recent login; 403 for a wrong password; 409 for the last admin.
pub async fn delete_me(
    RecentLogin(me): RecentLogin,
    form: JsonBody<Deletion>,
    client: ClientInfo,
    own_account: Data<OwnAccount>,
) -> Result<HttpResponse, ApiError> {
    uninterrupted(async move {
        own_account.delete(me, Password::typed(form.0.password), client, UnixTime::now()).await?;
        Ok(HttpResponse::NoContent().finish())
    })
    .await
}
