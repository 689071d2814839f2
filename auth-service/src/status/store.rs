//! Access tokens and their status in the database.

use std::collections::BTreeSet;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    RunQueryDsl, dsl::sql, sql_query, sql_types::Bool,
};
use shared::{UnixTime, status::TokenStatus};

use super::{
    entry::{Entry, Holder},
    lists,
    mark::{Mark, TokensOf},
};
use crate::{
    db::{DbConnection, Prepare},
    schema::{access_tokens, sessions},
};

/// Access tokens that are deleted at a time: a fraction of a second's work.
pub const BATCH: i64 = 2048;

/// Inserts the row of a token. To be run in the transaction that writes what the token is issued for.
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
        access_tokens::expires_at.eq(expires_at),
        access_tokens::status.eq(i64::from(TokenStatus::Valid.value())),
    );
    diesel::insert_into(access_tokens::table).values(row).prepared().execute(conn).map(drop)
}

/// Whether a token was issued with that entry and has not been revoked since.
pub fn is_valid(conn: &mut DbConnection, entry: Entry) -> QueryResult<bool> {
    let token = access_tokens::table.find((entry.list_id, entry.idx));
    let status: Option<i64> = token.select(access_tokens::status).get_result(conn).optional()?;
    Ok(status == Some(code(TokenStatus::Valid)))
}

/// Changes the status of access tokens: first the tokens' rows, then the rows of their lists, in the order of their ids. To
/// be called once in a transaction, so that all transactions lock these rows in the same order and never deadlock; the unit
/// of work does.
pub fn apply(conn: &mut DbConnection, marks: &[Mark], now: UnixTime) -> QueryResult<()> {
    let mut changed_lists = BTreeSet::new();
    for mark in marks {
        changed_lists.extend(mark_tokens(conn, mark, now)?);
    }
    changed_lists.into_iter().try_for_each(|id| lists::note_change(conn, id, now))
}

/// The lists in which entries have changed.
fn mark_tokens(conn: &mut DbConnection, mark: &Mark, now: UnixTime) -> QueryResult<impl Iterator<Item = i64> + use<>> {
    let (marked, revoked) = (code(mark.status), code(TokenStatus::Revoked));
    // A verifier whose clock is behind, or that has a leeway, accepts a token for a while after it has expired here.
    let accepted_until = now.minus(lists::SKEW);
    let tokens = diesel::update(access_tokens::table)
        .set(access_tokens::status.eq(marked))
        .filter(access_tokens::expires_at.gt(accepted_until))
        .filter(access_tokens::status.ne_all([revoked, marked]));
    let list = (access_tokens::list_id,);
    let lists: Vec<(i64,)> = match &mark.of {
        TokensOf::Entry(entry) => tokens
            .filter(access_tokens::list_id.eq(entry.list_id).and(access_tokens::idx.eq(entry.idx)))
            .returning(list)
            .load(conn)?,
        TokensOf::Session(id) => tokens.filter(access_tokens::session_id.eq(id)).returning(list).load(conn)?,
        TokensOf::Browser(id) => {
            let beneath = sessions::table.filter(sessions::browser_id.eq(id)).select(sessions::id.nullable());
            tokens.filter(access_tokens::session_id.eq_any(beneath)).returning(list).load(conn)?
        }
        TokensOf::Client(id) => {
            let theirs = sessions::table.filter(sessions::client_id.eq(id)).select(sessions::id.nullable());
            let is_theirs = access_tokens::client_id.eq(id).or(access_tokens::session_id.eq_any(theirs).nullable());
            tokens.filter(is_theirs).returning(list).load(conn)?
        }
        TokensOf::User { id, except } => {
            let theirs = sessions::table.filter(sessions::user_id.eq(id)).select(sessions::id.nullable());
            let tokens = tokens.filter(access_tokens::session_id.eq_any(theirs));
            match except {
                Some(except) => tokens.filter(access_tokens::session_id.ne(except)).returning(list).load(conn)?,
                None => tokens.returning(list).load(conn)?,
            }
        }
    };
    Ok(lists.into_iter().map(|(id,)| id))
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

/// Revokes every entry of a list, also those that no token is known for. The caller notes that the list has changed.
pub fn revoke_list(conn: &mut DbConnection, list_id: i64) -> QueryResult<()> {
    let revoked = code(TokenStatus::Revoked);
    let known = access_tokens::table.filter(access_tokens::list_id.eq(list_id));
    diesel::update(known).set(access_tokens::status.eq(revoked)).execute(conn)?;
    let last = lists::CAPACITY - 1;
    // Both databases know this form.
    sql_query(format!(
        "INSERT INTO access_tokens (list_id, idx, expires_at, status) \
         WITH RECURSIVE entries (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM entries WHERE n < {last}) \
         SELECT {list_id}, n, 0, {revoked} FROM entries \
         WHERE NOT EXISTS (SELECT 1 FROM access_tokens WHERE list_id = {list_id} AND idx = n)"
    ))
    .execute(conn)
    .map(drop)
}

/// Deletes the tokens of a list from the entry `first` on, [`BATCH`] entries of them.
pub fn delete_batch(conn: &mut DbConnection, list_id: i64, first: i64) -> QueryResult<usize> {
    let batch = access_tokens::table
        .filter(access_tokens::list_id.eq(list_id))
        .filter(access_tokens::idx.ge(first))
        .filter(access_tokens::idx.lt(first + BATCH));
    diesel::delete(batch).execute(conn)
}

fn code(status: TokenStatus) -> i64 {
    status.value().into()
}
