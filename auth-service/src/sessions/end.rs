//! `DELETE /sessions/{id}`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::ApiError;
use shared::{CurrentUser, UnixTime, User};
use uuid::Uuid;

use super::{error::SessionError, store};
use crate::{
    audit::{self, actor::Actor, event::Action},
    db::{Db, DbError},
    origin::Origin,
    status::list_keeper::ListKeeper,
};

/// `DELETE /sessions/{id}`: ends one of the user's own sessions and takes back its tokens.
///
/// # Errors
/// 404 for a session that is over, or somebody else's.
pub async fn end(
    CurrentUser(user): CurrentUser<User>,
    id: Path<String>,
    origin: Origin,
    db: Data<Db>,
    lists: Data<ListKeeper>,
) -> Result<HttpResponse, ApiError> {
    let id = id.parse::<Uuid>().map_err(|_| SessionError::NoSuchSession)?.to_string();
    let now = UnixTime::now();
    let ended = db.write(move |conn| {
        let has_ended = store::revoke_of(conn, user.id, &id, now)?;
        if has_ended {
            let actor = Actor::named(&user.username, origin.address);
            let event = actor.did(Action::SessionsEnded, user.username).with_detail(format!("session {id}"));
            audit::store::insert(conn, &event, now)?;
        }
        Ok::<_, DbError>(has_ended)
    });
    if !ended.await? {
        return Err(SessionError::NoSuchSession.into());
    }
    lists.follow(now).await;
    Ok(HttpResponse::NoContent().finish())
}
