//! `GET /sessions`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use service_kit::{ApiError, QueryString};
use shared::UnixTime;
use utoipa::{IntoParams, ToSchema};

use super::{position::Position, session::Session, sessions::Sessions};
use crate::{
    authority::current_session::CurrentSession,
    ids::SessionId,
    page::{self, Limit, Page},
};

/// The requested page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SessionQuery {
    /// Only sessions after this position: the `next_after` of the previous page.
    #[serde(default = "SessionQuery::start")]
    #[param(value_type = String, required = false, pattern = "^[0-9]{1,18}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    #[param(example = "1795538256.01997d2e-6f3b-7c9e-8a51-0c6a5c1d2e3f")]
    after: Position,
    /// The maximum number of results.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

impl SessionQuery {
    fn start() -> Position {
        Position::START
    }
}

/// A page of a user's sessions.
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    sessions: Vec<ListedSession>,
    /// The value of `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_after: Option<String>,
}

/// A session as its user sees it. Times are seconds since the epoch.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct ListedSession {
    id: SessionId,
    /// The client's `User-Agent`.
    device: String,
    address: String,
    created_at: UnixTime,
    last_used_at: UnixTime,
    ends_at: UnixTime,
    kind: SessionKind,
    /// The application, of a session of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// The browser session that the application was logged in from: with it, this session ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    browser_session: Option<SessionId>,
    /// Whether it is the session of this request.
    current: bool,
}

/// How a session began.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SessionKind {
    /// At `/login`.
    Login,
    /// On a login page, for applications.
    Browser,
    /// In an application.
    Application,
}

impl SessionKind {
    fn of(session: &Session) -> Self {
        match session.client_id {
            Some(_) => Self::Application,
            None if session.is_browser() => Self::Browser,
            None => Self::Login,
        }
    }
}

/// `GET /sessions`: where the user is logged in, the most recently used session first.
///
/// # Errors
/// 401 without a valid token.
pub async fn list(
    CurrentSession(me): CurrentSession,
    query: QueryString<SessionQuery>,
    sessions: Data<Sessions>,
) -> Result<Json<SessionList>, ApiError> {
    let SessionQuery { after, limit } = query.0;
    let (current, limit) = (me.session, limit.count());
    let found = sessions.list_of(me, after, page::wanted(limit), UnixTime::now()).await?;
    let page = Page::of(found, limit);
    let next_after = page.next().map(|session| Position::after(session).to_string());
    let sessions = page.items.into_iter().map(|session| ListedSession::of(session, current)).collect();
    Ok(Json(SessionList { sessions, next_after }))
}

impl ListedSession {
    fn of(session: Session, current: SessionId) -> Self {
        Self {
            kind: SessionKind::of(&session),
            browser_session: session.browser_id.filter(|browser| *browser != session.id),
            current: current == session.id,
            ends_at: session.expires_at(),
            id: session.id,
            client_id: session.client_id,
            device: session.device,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
        }
    }
}
