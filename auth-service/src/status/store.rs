//! Access tokens and their status in the database.

use std::collections::BTreeSet;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl};
use shared::UnixTime;

use super::entry::{Entry, Holder, TokenStatus};
use crate::{
    db::DbConnection,
    schema::{access_tokens, status_lists},
};

/// Writes down whose token has which entry. To be run in the transaction that writes what the token is issued for.
pub fn insert(conn: &mut DbConnection, entry: Entry, holder: Holder<'_>, expires_at: UnixTime) -> QueryResult<()> {
    let (session_id, client_id) = match holder {
        Holder::Session(id) => (Some(id), None),
        Holder::Client(id) => (None, Some(id)),
    };
    let row = (
        access_tokens::list_id.eq(entry.list_id),
        access_tokens::idx.eq(entry.idx),
        access_tokens::session_id.eq(session_id),
        access_tokens::client_id.eq(client_id),
        access_tokens::expires_at.eq(expires_at.seconds()),
        access_tokens::status.eq(0),
    );
    diesel::insert_into(access_tokens::table).values(row).execute(conn).map(drop)
}

/// Whether a token was issued with that entry and has not been taken back since.
pub fn is_valid(conn: &mut DbConnection, entry: Entry) -> QueryResult<bool> {
    let token = access_tokens::table.find((entry.list_id, entry.idx));
    let status: Option<i64> = token.select(access_tokens::status).first(conn).optional()?;
    Ok(status == Some(0))
}

/// Gives all tokens of that holder that are still about a status. One that is revoked stays so.
pub fn mark_all(conn: &mut DbConnection, holder: Holder<'_>, status: TokenStatus, now: UnixTime) -> QueryResult<()> {
    let live = diesel::update(access_tokens::table)
        .set(access_tokens::status.eq(status.code()))
        .filter(access_tokens::expires_at.gt(now.seconds()))
        .filter(access_tokens::status.ne_all([TokenStatus::Revoked.code(), status.code()]));
    let lists: Vec<(i64,)> = match holder {
        Holder::Session(id) => {
            live.filter(access_tokens::session_id.eq(id)).returning((access_tokens::list_id,)).load(conn)?
        }
        Holder::Client(id) => {
            live.filter(access_tokens::client_id.eq(id)).returning((access_tokens::list_id,)).load(conn)?
        }
    };
    touch(conn, lists, now)
}

/// Gives one token a status. One that is revoked stays so.
pub fn mark(conn: &mut DbConnection, entry: Entry, status: TokenStatus, now: UnixTime) -> QueryResult<()> {
    let token = access_tokens::table
        .find((entry.list_id, entry.idx))
        .filter(access_tokens::status.ne_all([TokenStatus::Revoked.code(), status.code()]));
    let lists: Vec<(i64,)> = diesel::update(token)
        .set(access_tokens::status.eq(status.code()))
        .returning((access_tokens::list_id,))
        .load(conn)?;
    touch(conn, lists, now)
}

/// The lists have changed. They are taken in one order, so that two transactions never wait for each other.
fn touch(conn: &mut DbConnection, lists: Vec<(i64,)>, now: UnixTime) -> QueryResult<()> {
    for (id,) in lists.into_iter().collect::<BTreeSet<_>>() {
        let change = (status_lists::version.eq(status_lists::version + 1), status_lists::changed_at.eq(now.seconds()));
        diesel::update(status_lists::table.find(id)).set(change).execute(conn)?;
    }
    Ok(())
}
