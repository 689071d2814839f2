//! `POST /refresh`.

use actix_web::{HttpResponse, web::Data};
use service_kit::ApiError;
use shared::UnixTime;

use super::{
    sent_refresh_token::SentRefreshToken,
    sessions::{Sessions, Wanted},
};
use crate::{client_info::ClientInfo, no_store::no_store};

/// `POST /refresh`: issues the next refresh token, and an access token with the current role, which is not fresh.
///
/// # Errors
/// 401 for an invalid or expired token.
pub async fn refresh(
    token: SentRefreshToken,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    Ok(no_store(sessions.refresh(&token.0, Wanted::default(), client, UnixTime::now()).await?))
}
