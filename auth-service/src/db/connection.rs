//! One connection to either database.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection, ConnectionError, ConnectionResult, MultiConnection, PgConnection, QueryResult, RunQueryDsl,
    SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    sql_query,
    sql_types::BigInt,
};

use super::{DatabaseUrl, error::is_locked};

/// A connection to either database.
#[derive(MultiConnection)]
pub enum DbConnection {
    /// In this process.
    Sqlite(SqliteConnection),
    /// Over the network.
    Postgres(PgConnection),
}

/// How long a SQLite write waits for another.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it waits for another node's turn at what only one may do, such as bringing the schema up to date.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// The number under which nodes take turns at what only one may do; any number that nobody else uses.
const LOCK: i64 = 0x6a77_7473;

impl DbConnection {
    pub(super) fn open(url: &DatabaseUrl) -> ConnectionResult<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                set_up(&mut conn).map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(conn))
            }
            DatabaseUrl::Postgres(url) => {
                let mut conn = PgConnection::establish(&with_timeouts(url))?;
                // A node that is frozen in the middle of a transaction must not keep all others waiting for ever.
                conn.batch_execute("SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '5s'")
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Postgres(conn))
            }
        }
    }
}

fn set_up(conn: &mut SqliteConnection) -> QueryResult<()> {
    set_busy_timeout(conn, SQLITE_BUSY_TIMEOUT)?;
    let began = Instant::now();
    // Of those who open a new file at once one switches it to WAL. SQLite refuses the others without waiting.
    while let Err(error) = conn.batch_execute("PRAGMA journal_mode = WAL") {
        if !is_locked(&error) || began.elapsed() >= TURN_TIMEOUT {
            return Err(error);
        }
        thread::sleep(Duration::from_millis(10));
    }
    // FULL: what has been acknowledged survives a loss of power.
    conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
}

fn set_busy_timeout(conn: &mut SqliteConnection, timeout: Duration) -> QueryResult<()> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", timeout.as_millis()))
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
    match conn {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?,
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres)?,
    }
    finish(conn, work)
}

/// Runs `work` in a savepoint of the transaction that has begun: if it fails, what it did is undone, and the rest goes
/// on.
pub(super) fn write_within<T, E: From<diesel::result::Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    <DbConnection as Connection>::TransactionManager::begin_transaction(conn)?;
    finish(conn, work)
}

/// Runs `work`, which only reads, on the database as it is at one moment: what others write meanwhile is not seen.
pub fn read_as_one<T, E: From<diesel::result::Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    const SNAPSHOT: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
    match conn {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction(sqlite)?,
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(postgres, SNAPSHOT)?,
    }
    finish(conn, work)
}

/// Runs `work` in the transaction that has begun, and ends that.
fn finish<T, E: From<diesel::result::Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    type Manager = <DbConnection as Connection>::TransactionManager;
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
    be_patient(conn, TURN_TIMEOUT)?;
    let done = write(conn, |conn| {
        lock(conn)?;
        work(conn)
    });
    be_patient(conn, SQLITE_BUSY_TIMEOUT)?;
    done
}

/// On SQLite the transaction itself keeps others out, so to wait for it is to wait for one's turn.
fn be_patient(conn: &mut DbConnection, patience: Duration) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(sqlite) => set_busy_timeout(sqlite, patience),
        DbConnection::Postgres(_) => Ok(()),
    }
}

fn lock(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(_) => Ok(()),
        DbConnection::Postgres(postgres) => {
            // A node that is frozen in the middle must not keep all others waiting for ever.
            let patience = TURN_TIMEOUT.as_secs();
            postgres.batch_execute(&format!(
                "SET LOCAL lock_timeout = '{patience}s'; SET LOCAL idle_in_transaction_session_timeout = '{patience}s'"
            ))?;
            sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(LOCK).execute(postgres).map(drop)
        }
    }
}
