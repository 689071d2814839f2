//! Transactions on either database.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use diesel::{
    Connection, QueryResult, RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    result::Error,
    sql_query,
    sql_types::BigInt,
};

use super::{
    DbConnection, DbError,
    connection::{EXCLUSIVE_TIMEOUT, SQLITE_BUSY_TIMEOUT, set_busy_timeout},
};
use crate::panic_message::panic_message;

type Manager = <DbConnection as Connection>::TransactionManager;

/// The advisory lock under which only one node at a time works; any number that nobody else uses.
const EXCLUSIVE_LOCK: i64 = 0x6a77_7473;

/// Runs `work` in one transaction that may write. On SQLite it takes the write lock at once, since a transaction that
/// begins by reading can be refused the lock later.
pub fn write<T, E: From<Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    match conn {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?,
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres)?,
    }
    let done = work(conn);
    finish(conn, done)
}

/// Runs `work` in a savepoint of the transaction that has begun: if it fails or panics, what it did is rolled back, and
/// the transaction goes on.
pub(super) fn write_in_savepoint<T>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    Manager::begin_transaction(conn)?;
    let depth = depth(conn)?;
    let done = catch_unwind(AssertUnwindSafe(|| work(conn)));
    let done = done.unwrap_or_else(|panic| Err(DbError::Aborted(panic_message(&*panic))));
    // Savepoints that a panic left open.
    while self::depth(conn)? > depth {
        Manager::rollback_transaction(conn)?;
    }
    finish(conn, done)
}

fn depth(conn: &mut DbConnection) -> QueryResult<u32> {
    let depth = Manager::transaction_manager_status_mut(conn).transaction_depth()?;
    Ok(depth.map_or(0, Into::into))
}

/// Runs `work`, which only reads, on one snapshot of the database: what others write meanwhile is not seen.
pub fn read_snapshot<T, E: From<Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    const SNAPSHOT: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
    match conn {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction(sqlite)?,
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(postgres, SNAPSHOT)?,
    }
    let done = work(conn);
    finish(conn, done)
}

/// Ends the transaction or savepoint that has begun.
fn finish<T, E: From<Error>>(conn: &mut DbConnection, done: Result<T, E>) -> Result<T, E> {
    match done {
        Ok(done) => Manager::commit_transaction(conn).map(|()| done).map_err(E::from),
        Err(error) => {
            // The first error says more than one of the rollback.
            let _ = Manager::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// As [`write`], while no other node does the same.
pub fn write_alone<T, E: From<Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    wait_at_most(conn, EXCLUSIVE_TIMEOUT)?;
    let done = write(conn, |conn| {
        lock(conn)?;
        work(conn)
    });
    // By now the transaction has been committed or not: a failure here changes nothing about it.
    if let Err(error) = wait_at_most(conn, SQLITE_BUSY_TIMEOUT) {
        log::warn!("a connection keeps its longer busy timeout: {error}");
    }
    done
}

/// On SQLite the transaction itself keeps others out, so its busy timeout is the one that applies.
fn wait_at_most(conn: &mut DbConnection, timeout: Duration) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(sqlite) => set_busy_timeout(sqlite, timeout),
        DbConnection::Postgres(_) => Ok(()),
    }
}

fn lock(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(_) => Ok(()),
        DbConnection::Postgres(postgres) => {
            // A node that is frozen while it holds the lock must not block all others for ever.
            let secs = EXCLUSIVE_TIMEOUT.as_secs();
            postgres.batch_execute(&format!(
                "SET LOCAL lock_timeout = '{secs}s'; SET LOCAL idle_in_transaction_session_timeout = '{secs}s'"
            ))?;
            sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(EXCLUSIVE_LOCK).execute(postgres).map(drop)
        }
    }
}
