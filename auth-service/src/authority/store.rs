//! What the database has of a user who wants to do something.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl};
use shared::{Role, UnixTime};

use crate::{
    db::DbConnection,
    ids::{SessionId, UserId},
    schema::{clients, sessions, users},
};

/// A user who is not disabled.
pub struct EnabledUser {
    /// The name.
    pub username: String,
    /// Whether the role is `admin`.
    pub is_admin: bool,
}

/// Locks the rows of a user and a session, in this order, until the transaction ends. SQLite has a single writer anyway.
pub fn lock(conn: &mut DbConnection, user: UserId, session: SessionId) -> QueryResult<()> {
    let DbConnection::Postgres(conn) = conn else { return Ok(()) };
    let user = users::table.find(user).select(users::id).for_no_key_update();
    user.get_result::<i64>(conn).optional()?;
    let session = sessions::table.find(session).select(sessions::user_id).for_no_key_update();
    session.get_result::<i64>(conn).optional()?;
    Ok(())
}

/// The user with that number, unless it is disabled.
pub fn find_enabled(conn: &mut DbConnection, id: UserId) -> QueryResult<Option<EnabledUser>> {
    let enabled = users::table.find(id).filter(users::disabled_at.is_null());
    let found: Option<(String, String)> = enabled.select((users::username, users::role)).get_result(conn).optional()?;
    Ok(found.map(|(username, role)| EnabledUser { username, is_admin: role == Role::ADMIN.as_str() }))
}

/// A session that has not ended.
pub struct LiveSession {
    /// Whether it is that of an application that is not the operator's own.
    pub is_foreign: bool,
}

/// That session, if it is this user's and has not ended. An idle session ends with its last access token.
pub fn find_live(
    conn: &mut DbConnection,
    user: UserId,
    session: SessionId,
    now: UnixTime,
) -> QueryResult<Option<LiveSession>> {
    let live = sessions::table
        .find(session)
        .filter(sessions::user_id.eq(user).and(sessions::revoked_at.is_null()))
        .filter(sessions::ends_at.gt(now));
    let found: Option<(Option<String>,)> = live.select((sessions::client_id,)).get_result(conn).optional()?;
    let Some((client,)) = found else { return Ok(None) };
    let Some(client) = client else { return Ok(Some(LiveSession { is_foreign: false })) };
    let first_party = clients::table.find(client).filter(clients::first_party.eq(1));
    let found: Option<(String,)> = first_party.select((clients::id,)).get_result(conn).optional()?;
    Ok(Some(LiveSession { is_foreign: found.is_none() }))
}
