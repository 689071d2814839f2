//! Sessions in the database.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult, Queryable,
    RunQueryDsl,
};
use shared::{TokenStatus, UnixTime};

use super::refresh_token::RefreshToken;
use crate::{
    db::DbConnection,
    schema::sessions,
    status::{self, entry::Holder},
};

/// A session as it is stored. Times are seconds since the epoch.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// A UUID.
    pub id: String,
    /// Whose it is.
    pub user_id: i64,
    /// What the client called itself.
    pub device: String,
    /// Where the login came from.
    pub address: String,
    /// When the login was.
    pub created_at: i64,
    /// When it was last refreshed.
    pub last_used_at: i64,
    /// When the password was last given.
    pub auth_time: i64,
    /// Of the refresh token that counts.
    pub generation: i64,
    /// Since when that one counts.
    pub rotated_at: i64,
    /// When it ends without a refresh.
    pub idle_ends_at: i64,
    /// When it ends in any case.
    pub ends_at: i64,
    /// When it was ended before its time.
    pub revoked_at: Option<i64>,
}

/// Adds a session.
pub fn insert(conn: &mut DbConnection, session: &SessionRow) -> QueryResult<()> {
    diesel::insert_into(sessions::table).values(session).execute(conn).map(drop)
}

/// The session of that id.
pub fn find(conn: &mut DbConnection, id: &str) -> QueryResult<Option<SessionRow>> {
    sessions::table.find(id).get_result(conn).optional()
}

/// Spends a refresh token: the next generation counts from now on. `None` if the token does not count, or its session is
/// over. One statement settles the race of those who come with the same token.
pub fn rotate(
    conn: &mut DbConnection,
    token: RefreshToken,
    idle_ends_at: UnixTime,
    now: UnixTime,
) -> QueryResult<Option<SessionRow>> {
    let live = sessions::table
        .find(token.session.to_string())
        .filter(sessions::generation.eq(token.generation).and(sessions::revoked_at.is_null()))
        .filter(sessions::idle_ends_at.gt(now.seconds()).and(sessions::ends_at.gt(now.seconds())));
    let next = (
        sessions::generation.eq(token.generation + 1),
        sessions::rotated_at.eq(now.seconds()),
        sessions::last_used_at.eq(now.seconds()),
        sessions::idle_ends_at.eq(idle_ends_at.seconds()),
    );
    diesel::update(live).set(next).returning(sessions::all_columns).get_result(conn).optional()
}

/// The session whose refresh token was spent not before `since`, and whose next one has not been used: the answer to
/// the first try may have been lost. The session is locked, so that an end that comes meanwhile sees what follows.
pub fn try_again(
    conn: &mut DbConnection,
    spent: RefreshToken,
    since: UnixTime,
    now: UnixTime,
) -> QueryResult<Option<SessionRow>> {
    let live = sessions::table
        .find(spent.session.to_string())
        .filter(sessions::generation.eq(spent.generation + 1).and(sessions::revoked_at.is_null()))
        .filter(sessions::rotated_at.ge(since.seconds()).and(sessions::ends_at.gt(now.seconds())));
    let used = sessions::last_used_at.eq(now.seconds());
    diesel::update(live).set(used).returning(sessions::all_columns).get_result(conn).optional()
}

/// The password was given again. `None` if the session is over.
pub fn note_authentication(conn: &mut DbConnection, id: &str, now: UnixTime) -> QueryResult<Option<SessionRow>> {
    let live = sessions::table.find(id).filter(sessions::revoked_at.is_null().and(sessions::ends_at.gt(now.seconds())));
    let noted = (sessions::auth_time.eq(now.seconds()), sessions::last_used_at.eq(now.seconds()));
    diesel::update(live).set(noted).returning(sessions::all_columns).get_result(conn).optional()
}

/// The sessions of a user that are not over, the one used last first.
pub fn list_of(conn: &mut DbConnection, user_id: i64, now: UnixTime) -> QueryResult<Vec<SessionRow>> {
    sessions::table
        .filter(sessions::user_id.eq(user_id).and(sessions::revoked_at.is_null()))
        .filter(sessions::idle_ends_at.gt(now.seconds()).and(sessions::ends_at.gt(now.seconds())))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .load(conn)
}

/// Whether that session is this user's and not over.
pub fn is_live_of(conn: &mut DbConnection, user_id: i64, id: &str, now: UnixTime) -> QueryResult<bool> {
    let session = find(conn, id)?.filter(|session| session.user_id == user_id && session.revoked_at.is_none());
    Ok(session.is_some_and(|session| session.ends_at > now.seconds()))
}

/// Ends the session of that id if it is this user's; `false` if it is not, or was over already.
pub fn revoke_of(conn: &mut DbConnection, user_id: i64, id: &str, now: UnixTime) -> QueryResult<bool> {
    match find(conn, id)? {
        Some(session) if session.user_id == user_id => revoke(conn, id, now),
        _ => Ok(false),
    }
}

/// Ends a session and takes its access tokens back; `false` if it was over already.
pub fn revoke(conn: &mut DbConnection, id: &str, now: UnixTime) -> QueryResult<bool> {
    let was_live = end(conn, id, now)?;
    status::store::mark_all(conn, Holder::Session(id), TokenStatus::Revoked, now)?;
    Ok(was_live)
}

/// Ends all sessions of a user but the one of that id, and takes their access tokens back. How many there were.
pub fn revoke_all_of(conn: &mut DbConnection, user_id: i64, except: Option<&str>, now: UnixTime) -> QueryResult<usize> {
    // No session has an empty id.
    let except = except.unwrap_or_default();
    let live = sessions::table
        .filter(sessions::user_id.eq(user_id).and(sessions::id.ne(except)))
        .filter(sessions::revoked_at.is_null().and(sessions::ends_at.gt(now.seconds())));
    let revoked = diesel::update(live).set(sessions::revoked_at.eq(now.seconds())).execute(conn)?;
    status::store::mark_all_of_user(conn, user_id, except, TokenStatus::Revoked, now)?;
    Ok(revoked)
}

/// Has the access tokens of a user refused until they are refreshed, since their claims no longer hold. The sessions are
/// locked: a refresh that is under way is waited for, so that the token which it brings is seen.
pub fn mark_claims_stale_of(conn: &mut DbConnection, user_id: i64, now: UnixTime) -> QueryResult<()> {
    let live = sessions::table.filter(sessions::user_id.eq(user_id).and(sessions::revoked_at.is_null()));
    diesel::update(live).set(sessions::user_id.eq(user_id)).execute(conn)?;
    status::store::mark_all_of_user(conn, user_id, "", TokenStatus::ClaimsStale, now)
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
