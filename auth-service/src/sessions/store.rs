//! Sessions in the database.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl};
use shared::UnixTime;

use crate::{
    db::DbConnection,
    schema::sessions,
    status::{
        self,
        entry::{Holder, TokenStatus},
    },
};

/// Ends a session and takes its access tokens back; `false` if it was over already.
pub fn revoke(conn: &mut DbConnection, id: &str, now: UnixTime) -> QueryResult<bool> {
    let live = sessions::table.find(id).filter(sessions::revoked_at.is_null());
    let revoked = diesel::update(live).set(sessions::revoked_at.eq(now.seconds())).execute(conn)?;
    status::store::mark_all(conn, Holder::Session(id), TokenStatus::Revoked, now)?;
    Ok(revoked == 1)
}

/// Ends all sessions of a user but the one of that id, and takes their access tokens back. How many there were.
pub fn revoke_all_of(conn: &mut DbConnection, user_id: i64, except: Option<&str>, now: UnixTime) -> QueryResult<usize> {
    let mut revoked = 0;
    for id in live_of(conn, user_id, now)?.iter().filter(|id| except != Some(&**id)) {
        revoked += usize::from(revoke(conn, id, now)?);
    }
    Ok(revoked)
}

/// Has the access tokens of a user refused until they are refreshed, since their claims no longer hold.
pub fn mark_claims_stale_of(conn: &mut DbConnection, user_id: i64, now: UnixTime) -> QueryResult<()> {
    for id in live_of(conn, user_id, now)? {
        status::store::mark_all(conn, Holder::Session(&id), TokenStatus::ClaimsStale, now)?;
    }
    Ok(())
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
