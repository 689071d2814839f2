//! `POST /logout-all`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};
use service_kit::{ApiError, Form, QueryString};
use shared::{AuthError, CurrentUser, Jwt, UnixTime, User};

use super::store;
use crate::{
    audit::{self, actor::Actor, event::Action},
    db::{Db, DbError},
    origin::Origin,
    status::list_keeper::ListKeeper,
};

/// Which sessions stay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    except: Option<Except>,
    /// The token, where tokens may come in the query string.
    #[serde(default, rename = "jwt")]
    _token: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Except {
    Current,
}

impl Form for Which {
    const SHAPE: &'static str = r#""except", which is "current""#;
}

/// `POST /logout-all`: ends all sessions of the user, with `?except=current` all others, and takes back their tokens.
///
/// # Errors
/// 401 without a good token.
pub async fn logout_all(
    jwt: Jwt,
    CurrentUser(user): CurrentUser<User>,
    which: QueryString<Which>,
    origin: Origin,
    db: Data<Db>,
    lists: Data<ListKeeper>,
) -> Result<Json<Value>, ApiError> {
    let kept = match which.0.except {
        Some(Except::Current) => Some(jwt.sid.clone().ok_or(AuthError::Revoked)?),
        None => None,
    };
    let now = UnixTime::now();
    let ended = db.write(move |conn| {
        let ended = store::revoke_all_of(conn, user.id, kept.as_deref(), now)?;
        let actor = Actor::named(&user.username, origin.address);
        let event = actor.did(Action::SessionsEnded, user.username).with_detail(format!("{ended} sessions"));
        audit::store::insert(conn, &event, now)?;
        Ok::<_, DbError>(ended)
    });
    let ended = ended.await?;
    lists.follow(now).await;
    Ok(Json(json!({ "message": "Logged out", "sessions": ended })))
}
