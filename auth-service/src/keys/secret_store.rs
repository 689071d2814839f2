//! Sealed secrets in the database, by name.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl};

use crate::{db::DbConnection, schema::secrets};

/// All of them: names, and what is sealed.
pub fn all(conn: &mut DbConnection) -> QueryResult<Vec<(String, String)>> {
    secrets::table.order(secrets::name).load(conn)
}

/// Adds one.
pub fn insert(conn: &mut DbConnection, name: &str, sealed: &str) -> QueryResult<()> {
    let row = (secrets::name.eq(name), secrets::sealed.eq(sealed));
    diesel::insert_into(secrets::table).values(row).execute(conn).map(drop)
}

/// Replaces a secret with its re-encrypted form.
pub fn reseal(conn: &mut DbConnection, name: &str, sealed: &str) -> QueryResult<()> {
    diesel::update(secrets::table.find(name)).set(secrets::sealed.eq(sealed)).execute(conn).map(drop)
}
