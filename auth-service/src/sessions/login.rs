//! `POST /login`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, uninterrupted};
use shared::UnixTime;
use utoipa::ToSchema;

use super::sessions::Sessions;
use crate::{client_info::ClientInfo, no_store::no_store, users::password::Password};

/// A username and a password, and the device token of an earlier login.
#[derive(Deserialize, ToSchema)]
pub struct Login {
    username: String,
    #[schema(format = Password)]
    password: String,
    /// The device token of an earlier login on this device.
    device_token: Option<String>,
}

/// `POST /login`: logs in with username and password; returns an access token and a refresh token.
///
/// # Errors
/// 401 without saying which of the two is wrong; 403 for a disabled user; 429 after too many wrong ones; 503 while too many log
/// in.
pub async fn login(
    form: JsonBody<Login>,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let Login { username, password, device_token } = form.0;
    let password = Password::typed(password);
    uninterrupted(async move {
        let tokens = sessions.log_in(&username, password, device_token.as_deref(), client, UnixTime::now()).await?;
        Ok(no_store(tokens))
    })
    .await
}
