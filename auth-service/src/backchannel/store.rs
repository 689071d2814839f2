//! The notices that wait, in the database.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, dsl::min,
};
use shared::UnixTime;

use super::notice::Notice;
use crate::{
    clients::backchannel_uri::BackchannelUri,
    db::DbConnection,
    schema::{clients, logout_notices},
};

/// The clients of notices that are due, those that have waited longest first.
pub fn clients_due(conn: &mut DbConnection, limit: usize, now: UnixTime) -> QueryResult<Vec<String>> {
    logout_notices::table
        .filter(logout_notices::due_at.le(now))
        .group_by(logout_notices::client_id)
        .select(logout_notices::client_id)
        .order(min(logout_notices::due_at))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .load(conn)
}

/// How many notices wait.
pub fn count(conn: &mut DbConnection) -> QueryResult<i64> {
    logout_notices::table.count().get_result(conn)
}

/// Where a client expects logout tokens.
pub fn find_receiver(conn: &mut DbConnection, client: &str) -> QueryResult<Option<BackchannelUri>> {
    let uri = clients::table.find(client).select(clients::backchannel_logout_uri);
    let uri: Option<String> = uri.get_result(conn).optional()?.flatten();
    Ok(uri.and_then(|uri| BackchannelUri::parse(&uri).ok()))
}

/// Where all clients expect logout tokens, and their ids.
pub fn receivers(conn: &mut DbConnection) -> QueryResult<Vec<(String, Option<String>)>> {
    let uris = clients::table.filter(clients::backchannel_logout_uri.is_not_null()).order(clients::id);
    uris.select((clients::id, clients::backchannel_logout_uri)).load(conn)
}

/// Claims notices of a client that are due, until that time: a notice that another node has claimed in the meantime is no longer
/// due.
pub fn claim(
    conn: &mut DbConnection,
    client: &str,
    limit: usize,
    until: UnixTime,
    now: UnixTime,
) -> QueryResult<Vec<Notice>> {
    let due: Vec<Notice> = logout_notices::table
        .filter(logout_notices::client_id.eq(client).and(logout_notices::due_at.le(now)))
        .order((logout_notices::due_at, logout_notices::id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((
            logout_notices::id,
            logout_notices::user_id,
            logout_notices::browser_id,
            logout_notices::created_at,
            logout_notices::attempts,
        ))
        .load(conn)?;
    let mut claimed = Vec::new();
    for notice in due {
        let still_due = logout_notices::table.find(&notice.id).filter(logout_notices::due_at.le(now));
        if diesel::update(still_due).set(logout_notices::due_at.eq(until)).execute(conn)? == 1 {
            claimed.push(notice);
        }
    }
    Ok(claimed)
}

/// Deletes a notice.
pub fn delete(conn: &mut DbConnection, id: &str) -> QueryResult<()> {
    diesel::delete(logout_notices::table.find(id)).execute(conn).map(drop)
}

/// Deletes all notices of a client. Returns their number.
pub fn delete_all_of(conn: &mut DbConnection, client: &str) -> QueryResult<usize> {
    diesel::delete(logout_notices::table.filter(logout_notices::client_id.eq(client))).execute(conn)
}

/// Notes how often a notice was sent in vain, and when it is due again.
pub fn postpone(conn: &mut DbConnection, id: &str, attempts: i64, due_at: UnixTime) -> QueryResult<()> {
    let next = (logout_notices::attempts.eq(attempts), logout_notices::due_at.eq(due_at));
    diesel::update(logout_notices::table.find(id)).set(next).execute(conn).map(drop)
}

/// Postpones all notices of a client that are due.
pub fn postpone_all_of(conn: &mut DbConnection, client: &str, due_at: UnixTime, now: UnixTime) -> QueryResult<usize> {
    let due = logout_notices::client_id.eq(client).and(logout_notices::due_at.le(now));
    diesel::update(logout_notices::table.filter(due)).set(logout_notices::due_at.eq(due_at)).execute(conn)
}
