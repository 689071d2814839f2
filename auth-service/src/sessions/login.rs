//! `POST /login`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody};
use shared::UnixTime;

use super::sessions::Sessions;
use crate::{client_info::ClientInfo, no_store::no_store, users::password::Password};

/// A username and a password.
#[derive(Deserialize)]
pub struct Login {
    username: String,
    password: String,
}

/// `POST /login`: logs in with username and password; returns an access token and a refresh token.
///
/// # Errors
/// 401 for an unknown username or a wrong password; 403 for a disabled user; 503 if the hashing queue is full.
pub async fn login(
    form: JsonBody<Login>,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let Login { username, password } = form.0;
    let tokens = sessions.log_in(&username, Password::typed(password), client, UnixTime::now()).await?;
    Ok(no_store(tokens))
}
