//! `GET /sessions`.

use actix_web::web::{Data, Json};
use serde::Serialize;
use service_kit::ApiError;
use shared::UnixTime;

use super::{session::Session, sessions::Sessions};
use crate::{authority::current_session::CurrentSession, ids::SessionId};

/// A user's sessions.
#[derive(Serialize)]
pub struct SessionList {
    sessions: Vec<ListedSession>,
}

/// A session as its user sees it. Times are seconds since the epoch.
#[derive(Serialize)]
struct ListedSession {
    id: SessionId,
    device: String,
    address: String,
    created_at: UnixTime,
    last_used_at: UnixTime,
    ends_at: UnixTime,
    /// Whether it is the session of this request.
    current: bool,
}

/// `GET /sessions`: where the user is logged in, the most recently used session first.
///
/// # Errors
/// 401 without a valid token.
pub async fn list(CurrentSession(me): CurrentSession, sessions: Data<Sessions>) -> Result<Json<SessionList>, ApiError> {
    let current = me.session;
    let found = sessions.list_of(me, UnixTime::now()).await?;
    let sessions = found.into_iter().map(|session| ListedSession::of(session, current)).collect();
    Ok(Json(SessionList { sessions }))
}

impl ListedSession {
    fn of(session: Session, current: SessionId) -> Self {
        Self {
            current: current == session.id,
            ends_at: session.expires_at(),
            id: session.id,
            device: session.device,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
        }
    }
}
