//! `POST /logout`.

use actix_web::web::{Data, Json};
use serde_json::{Value, json};
use service_kit::ApiError;
use shared::UnixTime;

use super::{sent_session::SentSession, store};
use crate::{
    db::{Db, DbError},
    status::list_keeper::ListKeeper,
};

/// `POST /logout`: ends the session that the token belongs to and takes back every token of it. Once more does no harm.
///
/// # Errors
/// 401 for a token that is none of this issuer's.
pub async fn logout(
    SentSession(id): SentSession,
    db: Data<Db>,
    lists: Data<ListKeeper>,
) -> Result<Json<Value>, ApiError> {
    let now = UnixTime::now();
    db.write(move |conn| store::revoke(conn, &id, now).map_err(DbError::from)).await?;
    lists.follow(now).await;
    Ok(Json(json!({ "message": "Logged out" })))
}
