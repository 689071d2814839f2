//! Which clients have yet to learn that a browser session has ended (OpenID Connect Back-Channel Logout 1.0).

use std::collections::HashSet;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, QueryResult, RunQueryDsl,
};
use shared::UnixTime;
use uuid::Uuid;

use crate::{
    db::DbConnection,
    ids::{SessionId, UserId},
    schema::{clients, logout_notices, sessions},
};

/// Notes it for the clients of all sessions beneath a browser session, also of those that have ended: the application may not know.
/// Returns the number of notices.
///
/// # Errors
/// Database errors.
pub fn insert_for_browser(
    conn: &mut DbConnection,
    user: UserId,
    browser: SessionId,
    now: UnixTime,
) -> QueryResult<usize> {
    let beneath = sessions::browser_id.eq(browser);
    let clients: Vec<_> = sessions::table
        .inner_join(clients::table.on(sessions::client_id.eq(clients::id.nullable())))
        .filter(beneath)
        .filter(clients::backchannel_logout_uri.is_not_null())
        .select((clients::id, sessions::browser_id))
        .distinct()
        .load(conn)?;
    insert(conn, user, clients, now)
}

/// Notes it for the clients of all sessions of a user but `except`, and of those that have ended beneath a browser session that has
/// not. To be called before these are ended. Returns the number of notices.
///
/// # Errors
/// Database errors.
pub fn insert_for_user(
    conn: &mut DbConnection,
    user: UserId,
    except: Option<SessionId>,
    now: UnixTime,
) -> QueryResult<usize> {
    let live = sessions::user_id.eq(user).and(sessions::revoked_at.is_null()).and(sessions::ends_at.gt(now));
    let live = sessions::table.filter(live);
    let live: HashSet<SessionId> =
        live.select((sessions::id,)).load(conn)?.into_iter().map(|(id,): (SessionId,)| id).collect();
    let sessions: Vec<(SessionId, String, Option<SessionId>)> = sessions::table
        .inner_join(clients::table.on(sessions::client_id.eq(clients::id.nullable())))
        .filter(sessions::user_id.eq(user))
        .filter(clients::backchannel_logout_uri.is_not_null())
        .select((sessions::id, clients::id, sessions::browser_id))
        .load(conn)?;
    let kept: HashSet<_> = sessions.iter().filter(|(id, ..)| Some(*id) == except).cloned().map(of_client).collect();
    let ends = |(id, _, browser): &(SessionId, String, Option<SessionId>)| {
        live.contains(id) || browser.is_some_and(|browser| live.contains(&browser))
    };
    let ended: HashSet<_> = sessions.into_iter().filter(ends).map(of_client).collect();
    insert(conn, user, ended.difference(&kept).cloned(), now)
}

fn of_client((_, client, browser): (SessionId, String, Option<SessionId>)) -> (String, Option<SessionId>) {
    (client, browser)
}

/// Notes it for the clients of all sessions of all users. To be called before these are ended. Returns the number of notices.
///
/// # Errors
/// Database errors.
pub fn insert_for_all(conn: &mut DbConnection, now: UnixTime) -> QueryResult<usize> {
    let users: Vec<(UserId,)> = sessions::table
        .inner_join(clients::table.on(sessions::client_id.eq(clients::id.nullable())))
        .filter(clients::backchannel_logout_uri.is_not_null())
        .select((sessions::user_id,))
        .distinct()
        .load(conn)?;
    users.into_iter().try_fold(0, |count, (user,)| Ok(count + insert_for_user(conn, user, None, now)?))
}

fn insert(
    conn: &mut DbConnection,
    user: UserId,
    clients: impl IntoIterator<Item = (String, Option<SessionId>)>,
    now: UnixTime,
) -> QueryResult<usize> {
    let mut count = 0;
    for (client, browser) in clients {
        let Some(browser) = browser else { continue };
        let row = (
            logout_notices::id.eq(Uuid::now_v7().to_string()),
            logout_notices::client_id.eq(client),
            logout_notices::user_id.eq(user),
            logout_notices::browser_id.eq(browser),
            logout_notices::created_at.eq(now),
            logout_notices::attempts.eq(0_i64),
            logout_notices::due_at.eq(now),
        );
        count += diesel::insert_into(logout_notices::table).values(row).execute(conn)?;
    }
    Ok(count)
}
