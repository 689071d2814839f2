//! `POST /logout-all`.

use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::{ApiError, QueryString};
use shared::{AuthError, CurrentUser, Jwt, UnixTime, User};

use super::sessions::Sessions;
use crate::{client_info::ClientInfo, ids::SessionId};

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
    jwt: Jwt,
    user: CurrentUser<User>,
    which: QueryString<Which>,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<Json<Value>, ApiError> {
    let kept = match which.0.except {
        Some(Except::Current) => Some(SessionId::of_claims(&jwt).ok_or(AuthError::Revoked)?),
        None => None,
    };
    let ended = sessions.end_all(user.into_inner(), kept, client, UnixTime::now()).await?;
    Ok(Json(json!({ "message": "Logged out", "sessions": ended })))
}
