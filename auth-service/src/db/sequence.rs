//! Numbers handed out one by one.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl};

use super::{DbConnection, Prepare};
use crate::schema::sequences;

/// Leaves out numbers of that sequence, and returns the last one.
pub fn skip_numbers(conn: &mut DbConnection, sequence: &str, count: i64) -> QueryResult<i64> {
    let (last,): (i64,) = diesel::update(sequences::table.find(sequence))
        .set(sequences::last.eq(sequences::last + count))
        .returning((sequences::last,))
        .prepared()
        .get_result(conn)?;
    Ok(last)
}

/// The next number of that sequence. To be run in the transaction that uses it.
pub fn next_number(conn: &mut DbConnection, sequence: &str) -> QueryResult<i64> {
    skip_numbers(conn, sequence, 1)
}
