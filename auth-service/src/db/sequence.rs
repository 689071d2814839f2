//! Numbers handed out one by one.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl};

use super::DbConnection;
use crate::schema::sequences;

/// The next number of that sequence. To be run in the transaction that uses it.
pub fn next_number(conn: &mut DbConnection, sequence: &str) -> QueryResult<i64> {
    let (number,): (i64,) = diesel::update(sequences::table.find(sequence))
        .set(sequences::last.eq(sequences::last + 1))
        .returning((sequences::last,))
        .get_result(conn)?;
    Ok(number)
}
