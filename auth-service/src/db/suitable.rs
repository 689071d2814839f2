//! What a PostgreSQL database must be like.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    dsl::sql,
    select,
    sql_types::{Bool, Text},
};

/// Why the database cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    /// Names in other alphabets would be refused.
    #[error("the database has the encoding {0}")]
    Encoding(String),
    /// Every change would fail.
    #[error("the server is a standby in recovery")]
    Standby,
    /// Every change would fail.
    #[error("default_transaction_read_only is on")]
    ReadOnly,
}

impl Unsuitable {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Encoding(_) => "Create it with `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`.",
            Self::Standby => "Name the primary, or all servers and target_session_attrs=read-write.",
            Self::ReadOnly => "Reset it: ALTER DATABASE … or ALTER ROLE … RESET default_transaction_read_only.",
        }
    }

    /// Whether it may end by itself, as when a standby is promoted.
    pub(super) fn is_temporary(&self) -> bool {
        matches!(self, Self::Standby)
    }
}

/// The encoding of databases that store any bytes, which `initdb` chooses in the locale C.
const UNCHECKED: &str = "SQL_ASCII";

/// Whether the server stores text as it comes, without checking that it is UTF-8.
pub(super) fn is_unchecked(conn: &mut PgConnection) -> QueryResult<bool> {
    encoding(conn).map(|encoding| encoding == UNCHECKED)
}

fn encoding(conn: &mut PgConnection) -> QueryResult<String> {
    select(sql::<Text>("current_setting('server_encoding')")).get_result(conn)
}

/// Why this database cannot be used, if it cannot.
pub(super) fn find(conn: &mut PgConnection) -> QueryResult<Option<Unsuitable>> {
    let encoding = encoding(conn)?;
    if encoding != "UTF8" && encoding != UNCHECKED {
        return Ok(Some(Unsuitable::Encoding(encoding)));
    }
    if select(sql::<Bool>("pg_is_in_recovery()")).get_result(conn)? {
        return Ok(Some(Unsuitable::Standby));
    }
    let is_read_only = sql::<Bool>("current_setting('default_transaction_read_only')::boolean");
    Ok(select(is_read_only).get_result::<bool>(conn)?.then_some(Unsuitable::ReadOnly))
}
