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
///
/// # Errors
/// Database errors.
pub fn insert_for_browser(conn: &mut DbConnection, user: UserId, browser: SessionId, now: UnixTime) -> QueryResult<()> {
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

/// Notes it for the clients of all sessions of a user but `except`. To be called before these are ended.
///
/// # Errors
/// Database errors.
pub fn insert_for_user(
    conn: &mut DbConnection,
    user: UserId,
    except: Option<SessionId>,
    now: UnixTime,
) -> QueryResult<()> {
    let sessions: Vec<(SessionId, String, Option<SessionId>)> = sessions::table
        .inner_join(clients::table.on(sessions::client_id.eq(clients::id.nullable())))
        .filter(sessions::user_id.eq(user).and(sessions::revoked_at.is_null()))
        .filter(clients::backchannel_logout_uri.is_not_null())
        .select((sessions::id, clients::id, sessions::browser_id))
        .load(conn)?;
    let ended = sessions.into_iter().filter(|(id, ..)| Some(*id) != except);
    let clients: HashSet<_> = ended.map(|(_, client, browser)| (client, browser)).collect();
    insert(conn, user, clients, now)
}

fn insert(
    conn: &mut DbConnection,
    user: UserId,
    clients: impl IntoIterator<Item = (String, Option<SessionId>)>,
    now: UnixTime,
) -> QueryResult<()> {
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
        diesel::insert_into(logout_notices::table).values(row).execute(conn)?;
    }
    Ok(())
}
