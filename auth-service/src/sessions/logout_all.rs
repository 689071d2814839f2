//! `POST /logout-all`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use service_kit::{ApiError, QueryString};
use shared::UnixTime;
use utoipa::{IntoParams, ToSchema};

use super::sessions::Sessions;
use crate::authority::current_session::CurrentSession;

/// Which sessions are kept.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// `current` keeps the session of this request.
    #[param(inline, nullable = false)]
    except: Option<Except>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Except {
    Current,
}

/// How many sessions have ended.
#[derive(Serialize, ToSchema)]
pub struct SessionsEnded {
    /// For people; it may change.
    message: &'static str,
    /// The number of sessions that have ended.
    sessions: usize,
}

/// `POST /logout-all`: ends all sessions of the user, with `?except=current` all others, and revokes their tokens.
///
/// # Errors
/// 401 without a valid token.
pub async fn logout_all(
    CurrentSession(me): CurrentSession,
    which: QueryString<Which>,
    sessions: Data<Sessions>,
) -> Result<Json<SessionsEnded>, ApiError> {
    let kept = which.0.except.map(|Except::Current| me.session);
    let sessions = sessions.end_all(me, kept, UnixTime::now()).await?;
    Ok(Json(SessionsEnded { message: "Logged out", sessions }))
}
