//! Sessions in the database.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, NullableExpressionMethods, OptionalExtension, QueryDsl,
    QueryResult, RunQueryDsl,
    dsl::{case_when, exists, not, sql},
    sql_types::{BigInt, Nullable},
};
use shared::UnixTime;

use super::{
    position::Position,
    refresh_token::{RefreshToken, first_of_next_era},
    session::Session,
};
use crate::{
    db::{DbConnection, Prepare},
    ids::{SessionId, UserId},
    rate::Rate,
    schema::{clients, sessions},
};

/// Adds a session.
pub fn insert(conn: &mut DbConnection, session: &Session) -> QueryResult<()> {
    diesel::insert_into(sessions::table).values(session).prepared().execute(conn).map(drop)
}

/// The session with that id.
pub fn find(conn: &mut DbConnection, id: SessionId) -> QueryResult<Option<Session>> {
    sessions::table.find(id).get_result(conn).optional()
}

/// The live browser session of that cookie.
pub fn find_by_cookie(conn: &mut DbConnection, cookie: RefreshToken, now: UnixTime) -> QueryResult<Option<Session>> {
    let is_live = |it: &Session| it.is_browser() && it.generation == cookie.generation && it.is_refreshable(now);
    Ok(find(conn, cookie.session)?.filter(is_live))
}

/// One access token less of what a session may have.
macro_rules! one_token_less {
    ($rate:expr, $now:expr) => {{
        let (period, now) = ($rate.period, $now.seconds());
        let regained = case_when(sessions::tokens_full_at.gt(now), sessions::tokens_full_at + period);
        sessions::tokens_full_at.eq(regained.otherwise((now + period).into_sql::<Nullable<BigInt>>()))
    }};
}

/// Whether a session may have one more.
macro_rules! has_token_left {
    ($rate:expr, $now:expr) => {
        sessions::tokens_full_at.is_null().or(sessions::tokens_full_at.le($rate.latest($now.seconds())))
    };
}

/// Spends a refresh token and moves on to the next generation. `None` if the token is not valid, its session has ended, or it
/// has had too many access tokens. One statement settles the race between requests with the same token.
pub fn rotate(
    conn: &mut DbConnection,
    token: RefreshToken,
    idle_ends_at: UnixTime,
    rate: Rate,
    now: UnixTime,
) -> QueryResult<Option<Session>> {
    let live = sessions::table
        .find(token.session)
        .filter(sessions::generation.eq(token.generation).and(sessions::revoked_at.is_null()))
        .filter(sessions::idle_ends_at.gt(now).and(sessions::ends_at.gt(now)))
        .filter(has_token_left!(rate, now));
    let next = (
        one_token_less!(rate, now),
        sessions::generation.eq(token.generation + 1),
        sessions::rotated_at.eq(now),
        sessions::last_used_at.eq(now),
        sessions::idle_ends_at.eq(idle_ends_at),
    );
    diesel::update(live).set(next).returning(sessions::all_columns).prepared().get_result(conn).optional()
}

/// The session whose refresh token was redeemed at `since` or later, and whose next one is unused: the response to the first
/// attempt may have been lost. The session is locked, so that a concurrent revocation sees the access token that follows.
pub fn rotate_again(
    conn: &mut DbConnection,
    spent: RefreshToken,
    since: UnixTime,
    rate: Rate,
    now: UnixTime,
) -> QueryResult<Option<Session>> {
    let live = sessions::table
        .find(spent.session)
        .filter(sessions::generation.eq(spent.generation + 1).and(sessions::revoked_at.is_null()))
        .filter(sessions::rotated_at.ge(since).and(sessions::ends_at.gt(now)))
        .filter(has_token_left!(rate, now));
    let used = (one_token_less!(rate, now), sessions::last_used_at.eq(now));
    diesel::update(live).set(used).returning(sessions::all_columns).prepared().get_result(conn).optional()
}

/// Takes one of the access tokens that a session may have, and returns it; `None` if it has had too many.
pub fn take_token(conn: &mut DbConnection, id: SessionId, rate: Rate, now: UnixTime) -> QueryResult<Option<Session>> {
    let live = sessions::table.find(id).filter(sessions::revoked_at.is_null()).filter(has_token_left!(rate, now));
    let taken = one_token_less!(rate, now);
    diesel::update(live).set(taken).returning(sessions::all_columns).prepared().get_result(conn).optional()
}

/// Records that the password was entered again. Returns `None` if the session has ended, or has had too many access tokens.
pub fn note_authentication(
    conn: &mut DbConnection,
    id: SessionId,
    rate: Rate,
    now: UnixTime,
) -> QueryResult<Option<Session>> {
    let live = sessions::table
        .find(id)
        .filter(sessions::revoked_at.is_null().and(sessions::ends_at.gt(now)))
        .filter(has_token_left!(rate, now));
    let noted = (sessions::auth_time.eq(now), sessions::last_used_at.eq(now), one_token_less!(rate, now));
    diesel::update(live).set(noted).returning(sessions::all_columns).prepared().get_result(conn).optional()
}

/// Notes that the password was entered again, and begins another era of refresh tokens: those issued before are dead. `None`
/// if the session has ended. To be called where the session is locked.
pub fn renew(
    conn: &mut DbConnection,
    id: SessionId,
    idle_ends_at: UnixTime,
    now: UnixTime,
) -> QueryResult<Option<Session>> {
    let Some(session) = find(conn, id)?.filter(|session| session.is_live(now)) else { return Ok(None) };
    let renewed = (
        sessions::generation.eq(first_of_next_era(session.generation)),
        sessions::rotated_at.eq(now),
        sessions::last_used_at.eq(now),
        sessions::auth_time.eq(now),
        sessions::idle_ends_at.eq(idle_ends_at),
    );
    let session = sessions::table.find(id).filter(sessions::revoked_at.is_null().and(sessions::ends_at.gt(now)));
    diesel::update(session).set(renewed).returning(sessions::all_columns).prepared().get_result(conn).optional()
}

/// Up to `limit` of the refreshable sessions of a user, the most recently used first, that follow `after`.
pub fn list_of(
    conn: &mut DbConnection,
    user_id: UserId,
    after: Position,
    limit: i64,
    now: UnixTime,
) -> QueryResult<Vec<Session>> {
    let is_earlier = sessions::last_used_at.lt(after.last_used_at);
    let is_as_late = sessions::last_used_at.eq(after.last_used_at);
    sessions::table
        .filter(sessions::user_id.eq(user_id).and(sessions::revoked_at.is_null()))
        .filter(sessions::idle_ends_at.gt(now).and(sessions::ends_at.gt(now)))
        .filter(is_earlier.or(is_as_late.and(sessions::id.lt(after.id))))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .limit(limit)
        .load(conn)
}

/// Up to `count` sessions of a user beyond the `max` that were used most recently. `newest` is one of those. Reads only the index,
/// as every login asks.
pub fn find_surplus(
    conn: &mut DbConnection,
    user_id: UserId,
    newest: SessionId,
    max: u32,
    count: i64,
) -> QueryResult<Vec<SessionId>> {
    let ids: Vec<(SessionId,)> = sessions::table
        .filter(sessions::user_id.eq(user_id).and(sessions::revoked_at.is_null()).and(sessions::id.ne(newest)))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .offset(i64::from(max.saturating_sub(1)))
        .limit(count)
        .select((sessions::id,))
        .load(conn)?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Ends a session. Returns its user and the browser session that it belongs to, or `None` if it had already ended.
pub fn end(conn: &mut DbConnection, id: SessionId, now: UnixTime) -> QueryResult<Option<(UserId, Option<SessionId>)>> {
    let live = sessions::table.find(id).filter(sessions::revoked_at.is_null());
    diesel::update(live)
        .set(sessions::revoked_at.eq(now))
        .returning((sessions::user_id, sessions::browser_id))
        .prepared()
        .get_result(conn)
        .optional()
}

/// The user of a session, if it is that of a browser.
pub fn find_user_of_browser(conn: &mut DbConnection, id: SessionId) -> QueryResult<Option<UserId>> {
    let browser = sessions::table.find(id).filter(sessions::browser_id.eq(id));
    let found: Option<(UserId,)> = browser.select((sessions::user_id,)).get_result(conn).optional()?;
    Ok(found.map(|(user,)| user))
}

/// Ends all sessions that belong to a browser session.
pub fn end_beneath(conn: &mut DbConnection, browser: SessionId, now: UnixTime) -> QueryResult<usize> {
    let live = sessions::table.filter(sessions::browser_id.eq(browser).and(sessions::revoked_at.is_null()));
    diesel::update(live).set(sessions::revoked_at.eq(now)).execute(conn)
}

/// The sessions of a client beneath a browser session.
pub fn find_of_client(conn: &mut DbConnection, browser: SessionId, client: &str) -> QueryResult<Vec<SessionId>> {
    let live = sessions::table.filter(sessions::browser_id.eq(browser).and(sessions::revoked_at.is_null()));
    let ids: Vec<(SessionId,)> = live.filter(sessions::client_id.eq(client)).select((sessions::id,)).load(conn)?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Notes that a browser session was used, and returns it; `None` if it has ended. It is locked, so that what begins beneath it
/// is seen when it ends.
pub fn note_use(
    conn: &mut DbConnection,
    id: SessionId,
    idle_ends_at: UnixTime,
    now: UnixTime,
) -> QueryResult<Option<Session>> {
    let live = sessions::table
        .find(id)
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_ends_at.gt(now).and(sessions::ends_at.gt(now)));
    let used = (sessions::last_used_at.eq(now), sessions::idle_ends_at.eq(idle_ends_at));
    diesel::update(live).set(used).returning(sessions::all_columns).prepared().get_result(conn).optional()
}

/// Ends all sessions of a user but `except`. Returns their number.
pub fn end_all_of(
    conn: &mut DbConnection,
    user_id: UserId,
    except: Option<SessionId>,
    now: UnixTime,
) -> QueryResult<usize> {
    let live = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null().and(sessions::ends_at.gt(now)));
    let ended = sessions::revoked_at.eq(now);
    match except {
        Some(except) => diesel::update(live.filter(sessions::id.ne(except))).set(ended).execute(conn),
        None => diesel::update(live).set(ended).execute(conn),
    }
}

/// Ends all sessions of all users. Returns their number.
pub fn end_all(conn: &mut DbConnection, now: UnixTime) -> QueryResult<usize> {
    let live = sessions::table.filter(sessions::revoked_at.is_null().and(sessions::ends_at.gt(now)));
    diesel::update(live).set(sessions::revoked_at.eq(now)).execute(conn)
}

/// Locks the sessions of a user: a refresh in progress is waited for, so that its access token is seen.
pub fn lock_all_of(conn: &mut DbConnection, user_id: UserId) -> QueryResult<()> {
    let live = sessions::table.filter(sessions::user_id.eq(user_id).and(sessions::revoked_at.is_null()));
    diesel::update(live).set(sessions::user_id.eq(user_id)).execute(conn).map(drop)
}

/// When a session ended or will end, as the index `sessions_by_actual_end` has it.
const END: &str = "coalesce(sessions.revoked_at, \
    CASE WHEN sessions.idle_ends_at < sessions.ends_at THEN sessions.idle_ends_at ELSE sessions.ends_at END)";

/// Sessions that ended at `from` or later and before `before`, a few hundred at most, the earliest first, with their ends; without
/// those by which an application is informed of a logout: while a browser session has not ended, the last one beneath it of each
/// application that expects logout tokens.
pub fn find_over(conn: &mut DbConnection, from: UnixTime, before: UnixTime) -> QueryResult<Vec<(SessionId, UnixTime)>> {
    let (browsers, others) = diesel::alias!(sessions as browsers, sessions as others);
    let browser = browsers
        .filter(browsers.field(sessions::id).nullable().eq(sessions::browser_id))
        .filter(browsers.field(sessions::revoked_at).is_null())
        // Else PostgreSQL reads all sessions into a hash table, for a few hundred lookups.
        .filter(sessions::browser_id.is_not_null());
    let client = clients::table
        .filter(clients::id.nullable().eq(sessions::client_id))
        .filter(clients::backchannel_logout_uri.is_not_null());
    let later = others
        .filter(others.field(sessions::browser_id).eq(sessions::browser_id))
        .filter(others.field(sessions::client_id).eq(sessions::client_id))
        .filter(others.field(sessions::id).gt(sessions::id));
    let is_kept = exists(browser).and(exists(client)).and(not(exists(later)));
    let end = || sql::<BigInt>(END);
    let is_over = end().ge(from).and(end().lt(before));
    let over = sessions::table.filter(is_over).filter(not(is_kept));
    over.order(end()).select((sessions::id, end())).limit(500).load(conn)
}

/// Deletes these sessions.
pub fn delete(conn: &mut DbConnection, ids: &[SessionId]) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::id.eq_any(ids))).execute(conn)
}

#[cfg(test)]
mod tests {
    use diesel::{sql_query, sql_types::Text};
    use tempfile::TempDir;

    use super::*;
    use crate::{
        config::Config,
        db::{DatabaseUrl, Db, migrate},
    };

    #[derive(diesel::QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn the_sweep_finds_the_sessions_that_are_over_by_an_index() {
        let folder = TempDir::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let db = Db::connect(&url, &Config::default().database).unwrap();
        migrate(&db).unwrap();

        let over = format!("EXPLAIN QUERY PLAN SELECT id FROM sessions WHERE {END} >= 1 AND {END} < 2 ORDER BY {END}");
        let plan: Vec<Step> = db.run_here(|conn| sql_query(over).load(conn)).unwrap();

        let steps: Vec<_> = plan.iter().map(|step| step.detail.as_str()).collect();
        assert_eq!(steps, ["SEARCH sessions USING INDEX sessions_by_actual_end (<expr>>? AND <expr><?)"]);
    }
}
