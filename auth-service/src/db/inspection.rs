//! What a database is like, found out without changing it.

use std::{os::unix::ffi::OsStrExt, path::Path};

use diesel::{
    Connection, ConnectionError, ConnectionResult, PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    dsl::sql,
    select,
    sql_types::{BigInt, Text},
};

use shared::UnixTime;

use super::{
    DatabaseUrl, DbConnection,
    connection::{SQLITE_BUSY_TIMEOUT, set_busy_timeout},
    suitable::Unsuitable,
};

/// What a database is like.
pub struct Inspection {
    /// The program and its version.
    pub version: String,
    /// Why it cannot be used, if it cannot.
    pub unsuitable: Option<Unsuitable>,
    /// What only a server has; none with SQLite.
    pub server: Option<Server>,
}

/// The properties of a PostgreSQL server.
pub struct Server {
    /// The encoding of the database.
    pub encoding: String,
    /// Whether a pooler is in front of it.
    pub is_pooled: bool,
    /// The isolation level of transactions that state none.
    pub isolation: String,
    /// How many connections it accepts from users other than superusers.
    pub max_connections: i64,
    /// Its synchronous standbys.
    pub standbys: Standbys,
}

/// Synchronous standbys, without one of which nothing can be committed if any are named.
pub struct Standbys {
    /// `synchronous_standby_names`.
    pub names: String,
    /// How many are connected.
    pub connected: i64,
    /// How many standbys are connected whose state this user may not see.
    pub hidden: i64,
}

/// Connects for reading only. It neither creates a SQLite file nor changes its journal mode.
///
/// # Errors
/// If the database cannot be reached.
pub fn connect_to_read(url: &DatabaseUrl) -> ConnectionResult<DbConnection> {
    let DatabaseUrl::Sqlite(file) = url else {
        let mut conn = DbConnection::open(url)?;
        limit_waits(&mut conn).map_err(ConnectionError::CouldntSetupConfiguration)?;
        return Ok(conn);
    };
    let mut conn = SqliteConnection::establish(&existing(file)?)?;
    set_busy_timeout(&mut conn, SQLITE_BUSY_TIMEOUT)
        .and_then(|()| conn.batch_execute("PRAGMA query_only = ON"))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(DbConnection::Sqlite(conn))
}

/// A query must not wait for as long as a migration holds its locks.
fn limit_waits(conn: &mut DbConnection) -> QueryResult<()> {
    // It would stay with the pooler's connection, and reach other programs.
    if conn.is_pooled()? { Ok(()) } else { conn.batch_execute("SET statement_timeout = '5s'") }
}

/// The URI by which SQLite opens a file, and only one that exists. It is opened for writing all the same: a connection that
/// cannot write leaves the files of the write-ahead log behind.
fn existing(file: &Path) -> ConnectionResult<String> {
    let absolute = std::path::absolute(file).map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let encode = |&byte: &u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let path: String = absolute.as_os_str().as_bytes().iter().map(encode).collect();
    Ok(format!("file:{path}?mode=rw"))
}

impl Inspection {
    /// Inspects the database.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn make(conn: &mut DbConnection) -> QueryResult<Self> {
        let unsuitable = conn.why_unsuitable()?;
        let is_pooled = conn.is_pooled()?;
        match conn {
            DbConnection::Sqlite(conn) => {
                // Fails if the file is not a database.
                conn.batch_execute("SELECT 1 FROM sqlite_master")?;
                let version = select(sql::<Text>("'SQLite ' || sqlite_version()")).get_result(conn)?;
                Ok(Self { version, unsuitable, server: None })
            }
            DbConnection::Postgres(conn) => Ok(Self {
                version: format!("PostgreSQL {}", setting(conn, "server_version")?),
                unsuitable,
                server: Some(Server {
                    encoding: setting(conn, "server_encoding")?,
                    is_pooled,
                    isolation: setting(conn, "default_transaction_isolation")?,
                    max_connections: max_connections(conn)?,
                    standbys: Standbys::find(conn)?,
                }),
            }),
        }
    }
}

impl Standbys {
    fn find(conn: &mut PgConnection) -> QueryResult<Self> {
        let count =
            |condition: &str| format!("(SELECT count(*) FROM pg_stat_replication WHERE sync_state {condition})");
        Ok(Self {
            names: setting(conn, "synchronous_standby_names")?,
            connected: select(sql::<BigInt>(&count("IN ('sync', 'quorum')"))).get_result(conn)?,
            hidden: select(sql::<BigInt>(&count("IS NULL"))).get_result(conn)?,
        })
    }
}

fn max_connections(conn: &mut PgConnection) -> QueryResult<i64> {
    let free = "current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint";
    select(sql::<BigInt>(free)).get_result(conn)
}

fn setting(conn: &mut PgConnection, name: &str) -> QueryResult<String> {
    select(sql::<Text>("current_setting(").bind::<Text, _>(name).sql(")")).get_result(conn)
}

/// The time at a PostgreSQL server; `None` with SQLite, which is on this machine.
///
/// # Errors
/// If the server fails.
pub fn time_at(conn: &mut DbConnection) -> QueryResult<Option<UnixTime>> {
    match conn {
        DbConnection::Sqlite(_) => Ok(None),
        DbConnection::Postgres(conn) => {
            let seconds = sql::<BigInt>("floor(extract(epoch from clock_timestamp()))::bigint");
            select(seconds).get_result(conn).map(UnixTime::from_seconds).map(Some)
        }
    }
}
