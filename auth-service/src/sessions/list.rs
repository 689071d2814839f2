//! `GET /sessions`.

use actix_web::web::{Data, Json};
use serde::Serialize;
use service_kit::ApiError;
use shared::{CurrentUser, Jwt, UnixTime, User};

use super::store::{self, SessionRow};
use crate::db::Db;

/// A user's sessions.
#[derive(Serialize)]
pub struct SessionList {
    sessions: Vec<Session>,
}

/// A session, for its user. Times are seconds since the epoch.
#[derive(Serialize)]
struct Session {
    id: String,
    device: String,
    address: String,
    created_at: i64,
    last_used_at: i64,
    ends_at: i64,
    /// Whether the request itself comes from it.
    current: bool,
}

/// `GET /sessions`: where the user is logged in, the session used last first.
///
/// # Errors
/// 401 without a good token.
pub async fn list(jwt: Jwt, user: CurrentUser<User>, db: Data<Db>) -> Result<Json<SessionList>, ApiError> {
    let now = UnixTime::now();
    let id = user.id;
    let rows = db.run(move |conn| store::list_of(conn, id, now)).await?;
    let sessions = rows.into_iter().map(|row| Session::of(row, jwt.sid.as_deref())).collect();
    Ok(Json(SessionList { sessions }))
}

impl Session {
    fn of(row: SessionRow, current: Option<&str>) -> Self {
        Self {
            current: current == Some(&*row.id),
            id: row.id,
            device: row.device,
            address: row.address,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            ends_at: row.idle_ends_at.min(row.ends_at),
        }
    }
}
