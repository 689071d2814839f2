//! Statements that are prepared once.

use diesel::{
    Connection, QueryResult, RunQueryDsl,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

use super::DbConnection;

type Backend = <DbConnection as Connection>::Backend;

/// An INSERT or UPDATE that each connection prepares once. diesel prepares these again each time, since their text may depend on the
/// values, and a connection keeps every text that it has prepared.
pub struct Prepared<Q>(Q);

/// Makes a statement [`Prepared`].
pub trait Prepare: Sized {
    /// The same statement, whose text does not depend on its values, except for which of them are absent.
    fn prepared(self) -> Prepared<Self>;
}

impl<Q: QueryFragment<Backend>> Prepare for Q {
    fn prepared(self) -> Prepared<Self> {
        Prepared(self)
    }
}

impl<Q: QueryFragment<Backend>> QueryFragment<Backend> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Backend) -> QueryResult<bool> {
        Ok(true)
    }
}

/// It is found by its text.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<DbConnection> for Prepared<Q> {}

#[cfg(test)]
mod tests {
    use diesel::{connection::SimpleConnection, dsl::sql, select, sql_types::BigInt};
    use tempfile::TempDir;

    use super::*;
    use crate::db::{DatabaseUrl, next_number, test_postgres};

    #[test]
    fn an_update_is_prepared_once_and_sees_each_value() {
        let folder = TempDir::new().unwrap();
        let sqlite = Some(format!("sqlite://{}/auth.db", folder.path().display()));
        let urls = [sqlite, test_postgres::new_database()];
        for url in urls.into_iter().flatten() {
            let mut conn = DbConnection::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap();
            conn.batch_execute("CREATE TABLE sequences (name TEXT PRIMARY KEY, last BIGINT)").unwrap();
            conn.batch_execute("INSERT INTO sequences VALUES ('users', 0), ('audit', 10)").unwrap();

            let numbers = ["users", "audit", "users", "audit"].map(|name| next_number(&mut conn, name).unwrap());

            assert_eq!(numbers, [1, 11, 2, 12]);
            if matches!(conn, DbConnection::Postgres(_)) {
                let updates = "(SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'UPDATE%')";
                assert_eq!(select(sql::<BigInt>(updates)).get_result(&mut conn), Ok(1_i64));
            }
        }
    }
}
