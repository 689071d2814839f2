//! One connection to either database.

use std::time::Duration;

use diesel::{
    Connection, ConnectionResult, MultiConnection, PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    sql_query,
    sql_types::BigInt,
};

use super::DatabaseUrl;

/// A connection to either database.
#[derive(MultiConnection)]
pub enum DbConnection {
    /// In this process.
    Sqlite(SqliteConnection),
    /// Over the network.
    Postgres(PgConnection),
}

/// How long a SQLite write waits for another process's.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The number under which nodes take turns at what only one may do; any number that nobody else uses.
const LOCK: i64 = 0x6a77_7473;

impl DbConnection {
    pub(super) fn open(url: &DatabaseUrl) -> ConnectionResult<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                // FULL: what has been acknowledged survives a loss of power.
                conn.batch_execute(&format!(
                    "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON;",
                    SQLITE_BUSY_TIMEOUT.as_millis()
                ))
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(conn))
            }
            DatabaseUrl::Postgres(url) => PgConnection::establish(&with_timeouts(url)).map(Self::Postgres),
        }
    }
}

/// libpq waits for a server that has vanished until the kernel gives up, a quarter of an hour. What the URL itself sets
/// is left as it is.
fn with_timeouts(url: &str) -> String {
    let timeouts = [("connect_timeout", "2"), ("tcp_user_timeout", "5000"), ("keepalives_idle", "10")];
    let missing = timeouts.iter().filter(|(name, _)| !url.contains(name));
    missing.fold(url.to_owned(), |url, (name, value)| {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}{name}={value}")
    })
}

/// Runs `work` in one transaction that may write. On SQLite it takes the write lock at once, since a transaction that
/// begins by reading can be refused the lock later.
pub fn write<T, E: From<diesel::result::Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    type Manager = <DbConnection as Connection>::TransactionManager;
    match conn {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?,
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres)?,
    }
    match work(conn) {
        Ok(done) => Manager::commit_transaction(conn).map(|()| done).map_err(E::from),
        Err(error) => {
            // The first error tells more than one of the way back.
            let _ = Manager::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// The same, and no other node is at it meanwhile.
pub fn write_alone<T, E: From<diesel::result::Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    write(conn, |conn| {
        lock(conn)?;
        work(conn)
    })
}

/// On SQLite the transaction itself keeps others out.
fn lock(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(_) => Ok(()),
        DbConnection::Postgres(postgres) => {
            // A node that is frozen in the middle must not keep all others waiting for ever.
            postgres.batch_execute(
                "SET LOCAL lock_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '30s'",
            )?;
            sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(LOCK).execute(postgres).map(drop)
        }
    }
}
