//! Verifiers in the database, for all nodes.

use diesel::{ExpressionMethods, Insertable, QueryDsl, QueryResult, Queryable, RunQueryDsl};
use shared::UnixTime;

use crate::{db::DbConnection, schema::verifiers};

/// A verifier and its key set.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = verifiers)]
pub struct VerifierRow {
    /// Its instance name.
    pub instance: String,
    /// The entity tag, without quotes, of the key set that it held; empty if it held none.
    pub etag: String,
    /// When it last requested the key set.
    pub seen_at: UnixTime,
}

/// The maximum number of verifiers over all nodes: they are not authenticated.
pub const MAX_VERIFIERS: u16 = 1000;

/// Records the key sets of verifiers that are known or for which there is room, and deletes those not seen since `stale`.
/// To be run in a transaction.
pub fn record(conn: &mut DbConnection, rows: &[VerifierRow], stale: UnixTime) -> QueryResult<()> {
    diesel::delete(verifiers::table.filter(verifiers::seen_at.lt(stale))).execute(conn)?;
    let mut count: i64 = verifiers::table.count().get_result(conn)?;
    for row in rows {
        let held = (verifiers::etag.eq(&row.etag), verifiers::seen_at.eq(row.seen_at));
        let known = diesel::update(verifiers::table.find(&row.instance)).set(held).execute(conn)?;
        if known == 0 && count < i64::from(MAX_VERIFIERS) {
            diesel::insert_into(verifiers::table).values(row).execute(conn)?;
            count += 1;
        }
    }
    Ok(())
}

/// The verifiers seen since `since`, by name.
pub fn live(conn: &mut DbConnection, since: UnixTime) -> QueryResult<Vec<VerifierRow>> {
    verifiers::table.filter(verifiers::seen_at.ge(since)).order(verifiers::instance).load(conn)
}
