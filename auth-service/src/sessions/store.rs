//! Sessions in the database.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl};
use shared::{TokenStatus, UnixTime};

use crate::{
    db::DbConnection,
    schema::sessions,
    status::{self, entry::Holder},
};

/// Ends a session and takes its access tokens back; `false` if it was over already.
pub fn revoke(conn: &mut DbConnection, id: &str, now: UnixTime) -> QueryResult<bool> {
    let was_live = end(conn, id, now)?;
    status::store::mark_all(conn, [Holder::Session(id)], TokenStatus::Revoked, now)?;
    Ok(was_live)
}

/// Ends all sessions of a user but the one of that id, and takes their access tokens back. How many there were.
pub fn revoke_all_of(conn: &mut DbConnection, user_id: i64, except: Option<&str>, now: UnixTime) -> QueryResult<usize> {
    let mut ids = live_of(conn, user_id, now)?;
    ids.retain(|id| except != Some(id));
    for id in &ids {
        end(conn, id, now)?;
    }
    status::store::mark_all(conn, ids.iter().map(|id| Holder::Session(id)), TokenStatus::Revoked, now)?;
    Ok(ids.len())
}

/// Has the access tokens of a user refused until they are refreshed, since their claims no longer hold.
pub fn mark_claims_stale_of(conn: &mut DbConnection, user_id: i64, now: UnixTime) -> QueryResult<()> {
    let ids = live_of(conn, user_id, now)?;
    status::store::mark_all(conn, ids.iter().map(|id| Holder::Session(id)), TokenStatus::ClaimsStale, now)
}

/// Sessions that have been over since `before`, a few hundred at most.
pub fn find_over(conn: &mut DbConnection, before: UnixTime) -> QueryResult<Vec<String>> {
    let before = before.seconds();
    let over = sessions::table
        .filter(sessions::ends_at.lt(before))
        .or_filter(sessions::idle_ends_at.lt(before))
        .or_filter(sessions::revoked_at.lt(before));
    let ids: Vec<(String,)> = over.select((sessions::id,)).limit(500).load(conn)?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Deletes these sessions.
pub fn delete(conn: &mut DbConnection, ids: &[String]) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::id.eq_any(ids))).execute(conn)
}

fn end(conn: &mut DbConnection, id: &str, now: UnixTime) -> QueryResult<bool> {
    let live = sessions::table.find(id).filter(sessions::revoked_at.is_null());
    let ended = diesel::update(live).set(sessions::revoked_at.eq(now.seconds())).execute(conn)?;
    Ok(ended == 1)
}

/// The sessions of a user that are not over. They are locked: a refresh that is under way is waited for, so that the
/// token which it brings is seen.
fn live_of(conn: &mut DbConnection, user_id: i64, now: UnixTime) -> QueryResult<Vec<String>> {
    let live = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::ends_at.gt(now.seconds()));
    let ids: Vec<(String,)> =
        diesel::update(live).set(sessions::user_id.eq(user_id)).returning((sessions::id,)).load(conn)?;
    let mut ids: Vec<_> = ids.into_iter().map(|(id,)| id).collect();
    ids.sort_unstable();
    Ok(ids)
}
