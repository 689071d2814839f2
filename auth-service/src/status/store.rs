//! Access tokens and their status in the database.

use std::collections::BTreeSet;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    RunQueryDsl, dsl::sql, sql_types::Bool,
};
use shared::{TokenStatus, UnixTime};

use super::{
    entry::{Entry, Holder},
    lists,
};
use crate::{
    db::DbConnection,
    schema::{access_tokens, sessions},
};

/// Access tokens that are deleted at a time: a fraction of a second's work.
pub const BATCH: i64 = 2048;

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
        access_tokens::status.eq(i64::from(TokenStatus::Valid.value())),
    );
    diesel::insert_into(access_tokens::table).values(row).execute(conn).map(drop)
}

/// Whether a token was issued with that entry and has not been taken back since.
pub fn is_valid(conn: &mut DbConnection, entry: Entry) -> QueryResult<bool> {
    let token = access_tokens::table.find((entry.list_id, entry.idx));
    let status: Option<i64> = token.select(access_tokens::status).get_result(conn).optional()?;
    Ok(status == Some(code(TokenStatus::Valid)))
}

/// Gives all tokens of that holder that are still about a status. One that is revoked stays so.
///
/// To be called once in a transaction: first the tokens are locked, then their lists in one order, so that two
/// transactions never wait for each other.
pub fn mark_all(conn: &mut DbConnection, holder: Holder<'_>, status: TokenStatus, now: UnixTime) -> QueryResult<()> {
    let (marked, revoked) = (code(status), code(TokenStatus::Revoked));
    let live = diesel::update(access_tokens::table)
        .set(access_tokens::status.eq(marked))
        .filter(access_tokens::expires_at.gt(still_about(now)))
        .filter(access_tokens::status.ne_all([revoked, marked]));
    let lists: Vec<(i64,)> = match holder {
        Holder::Session(id) => {
            live.filter(access_tokens::session_id.eq(id)).returning((access_tokens::list_id,)).load(conn)?
        }
        Holder::Client(id) => {
            live.filter(access_tokens::client_id.eq(id)).returning((access_tokens::list_id,)).load(conn)?
        }
    };
    note_changes(conn, &lists.into_iter().map(|(id,)| id).collect(), now)
}

/// Gives all tokens of a user's sessions, but for the one of that id, a status. One that is revoked stays so. To be called
/// once in a transaction, as [`mark_all`].
pub fn mark_all_of_user(
    conn: &mut DbConnection,
    user_id: i64,
    except: &str,
    status: TokenStatus,
    now: UnixTime,
) -> QueryResult<()> {
    let (marked, revoked) = (code(status), code(TokenStatus::Revoked));
    let theirs = sessions::table
        .filter(sessions::user_id.eq(user_id).and(sessions::id.ne(except)))
        .select(sessions::id.nullable());
    let lists: Vec<(i64,)> = diesel::update(access_tokens::table)
        .set(access_tokens::status.eq(marked))
        .filter(access_tokens::session_id.eq_any(theirs))
        .filter(access_tokens::expires_at.gt(still_about(now)))
        .filter(access_tokens::status.ne_all([revoked, marked]))
        .returning((access_tokens::list_id,))
        .load(conn)?;
    note_changes(conn, &lists.into_iter().map(|(id,)| id).collect(), now)
}

/// A verifier whose clock is behind, or that has a leeway, takes a token for a while after it has expired here.
fn still_about(now: UnixTime) -> i64 {
    now.minus(lists::SKEW).seconds()
}

/// Gives one token a status. One that is revoked stays so. To be called once in a transaction, as [`mark_all`].
pub fn mark(conn: &mut DbConnection, entry: Entry, status: TokenStatus, now: UnixTime) -> QueryResult<()> {
    let (marked, revoked) = (code(status), code(TokenStatus::Revoked));
    let token =
        access_tokens::table.find((entry.list_id, entry.idx)).filter(access_tokens::status.ne_all([revoked, marked]));
    let lists: Vec<(i64,)> =
        diesel::update(token).set(access_tokens::status.eq(marked)).returning((access_tokens::list_id,)).load(conn)?;
    note_changes(conn, &lists.into_iter().map(|(id,)| id).collect(), now)
}

/// The entries of a list whose tokens are not valid any more: place and value.
pub fn not_valid(conn: &mut DbConnection, list_id: i64) -> QueryResult<Vec<(i64, i64)>> {
    access_tokens::table
        .filter(access_tokens::list_id.eq(list_id))
        // Spelt out: with a parameter in it SQLite would not see that its index is the one for this.
        .filter(sql::<Bool>("status <> 0"))
        .select((access_tokens::idx, access_tokens::status))
        .load(conn)
}

/// Deletes the tokens of a list from the entry `first` on, [`BATCH`] entries of them.
pub fn delete_batch(conn: &mut DbConnection, list_id: i64, first: i64) -> QueryResult<usize> {
    let batch = access_tokens::table
        .filter(access_tokens::list_id.eq(list_id))
        .filter(access_tokens::idx.ge(first))
        .filter(access_tokens::idx.lt(first + BATCH));
    diesel::delete(batch).execute(conn)
}

fn note_changes(conn: &mut DbConnection, lists: &BTreeSet<i64>, now: UnixTime) -> QueryResult<()> {
    lists.iter().try_for_each(|id| lists::note_change(conn, *id, now))
}

fn code(status: TokenStatus) -> i64 {
    status.value().into()
}
