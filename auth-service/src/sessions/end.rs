//! `DELETE /sessions/{id}`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::ApiError;
use shared::{CurrentUser, UnixTime, User};

use super::{error::SessionError, sessions::Sessions};
use crate::client_info::ClientInfo;

/// `DELETE /sessions/{id}`: ends one of the user's own sessions and revokes its tokens.
///
/// # Errors
/// 404 for a session that has ended or belongs to another user.
pub async fn end(
    user: CurrentUser<User>,
    id: Path<String>,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let id = id.parse().map_err(|_| SessionError::NoSuchSession)?;
    sessions.end(user.into_inner(), id, client, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
