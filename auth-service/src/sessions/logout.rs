//! `POST /logout`.

use actix_web::web::{Data, Json};
use service_kit::{ApiError, Message};
use shared::UnixTime;

use super::{sent_session::SentSession, sessions::Sessions};
use crate::client_info::ClientInfo;

/// `POST /logout`: ends the session that the token belongs to and revokes all its tokens. It is idempotent.
///
/// # Errors
/// 401 for a token that this service did not issue.
pub async fn logout(
    SentSession(id): SentSession,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<Json<Message>, ApiError> {
    sessions.log_out(id, client, UnixTime::now()).await?;
    Ok(Json(Message::new("Logged out")))
}
