//! `POST /logout-all`.

use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::{ApiError, QueryString};
use shared::UnixTime;

use super::sessions::Sessions;
use crate::authority::current_session::CurrentSession;

/// Which sessions are kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    except: Option<Except>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Except {
    Current,
}

/// `POST /logout-all`: ends all sessions of the user, with `?except=current` all others, and revokes their tokens.
///
/// # Errors
/// 401 without a valid token.
pub async fn logout_all(
    CurrentSession(me): CurrentSession,
    which: QueryString<Which>,
    sessions: Data<Sessions>,
) -> Result<Json<Value>, ApiError> {
    let kept = which.0.except.map(|Except::Current| me.session);
    let ended = sessions.end_all(me, kept, UnixTime::now()).await?;
    Ok(Json(json!({ "message": "Logged out", "sessions": ended })))
}
