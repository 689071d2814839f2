//! `DELETE /sessions/{id}`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::ApiError;
use shared::UnixTime;

use super::{error::SessionError, sessions::Sessions};
use crate::authority::current_session::CurrentSession;

/// `DELETE /sessions/{id}`: ends one of the user's own sessions and revokes its tokens.
///
/// # Errors
/// 404 for a session that has ended or belongs to another user.
pub async fn end(
    CurrentSession(me): CurrentSession,
    id: Path<String>,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let id = id.parse().map_err(|_| SessionError::NoSuchSession)?;
    sessions.end(me, id, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
