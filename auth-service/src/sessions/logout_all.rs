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
    current: CurrentSession,
    which: QueryString<Which>,
    sessions: Data<Sessions>,
) -> Result<Json<Value>, ApiError> {
    let CurrentSession { user, session, authority } = current;
    let kept = which.0.except.map(|Except::Current| session);
    let ended = sessions.end_all(user, kept, authority, UnixTime::now()).await?;
    Ok(Json(json!({ "message": "Logged out", "sessions": ended })))
}
