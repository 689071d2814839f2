//! `POST /refresh`.

use actix_web::{HttpResponse, web::Data};
use service_kit::ApiError;
use shared::UnixTime;

use super::{sent_refresh_token::SentRefreshToken, session_issuer::SessionIssuer};
use crate::{no_store::no_store, origin::Origin};

/// `POST /refresh`: trades a refresh token for the next one, and for an access token with the role of now that is not
/// fresh.
///
/// # Errors
/// 401 for a token that does not count, or no longer.
pub async fn refresh(
    token: SentRefreshToken,
    origin: Origin,
    sessions: Data<SessionIssuer>,
) -> Result<HttpResponse, ApiError> {
    Ok(no_store(sessions.refresh(&token.0, origin, UnixTime::now()).await?))
}
