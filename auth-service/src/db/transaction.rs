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

/// Begins a transaction on PostgreSQL. A node that is frozen in the middle of it must not block all others forever.
macro_rules! begin {
    ($mode:literal) => {
        concat!(
            "BEGIN ISOLATION LEVEL ",
            $mode,
            "; SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '5s'"
        )
    };
}

/// The isolation level is stated, since the default of the server, the database or the user may be another.
const WRITE: &str = begin!("READ COMMITTED");
const WRITE_UNSYNCED: &str = concat!(begin!("READ COMMITTED"), "; SET LOCAL synchronous_commit = off");
const SNAPSHOT: &str = begin!("REPEATABLE READ READ ONLY");

/// Begins a transaction that may write. On SQLite it takes the write lock immediately, since a transaction that begins by
/// reading can be refused the lock later.
pub(super) fn begin_write(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE"),
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(postgres, WRITE),
    }
}

/// As [`begin_write`], but the commit does not wait for the disk: it may be lost if the machine crashes, not if only this process
/// does. To be ended with [`complete_unsynced`].
pub(super) fn begin_unsynced(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(sqlite) => {
            // It cannot be set within a transaction.
            sqlite.batch_execute("PRAGMA synchronous = NORMAL")?;
            let begun = begin_write(conn);
            if begun.is_err() {
                sync_again(conn)?;
            }
            begun
        }
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(postgres, WRITE_UNSYNCED),
    }
}

fn sync_again(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(sqlite) => sqlite.batch_execute("PRAGMA synchronous = FULL"),
        DbConnection::Postgres(_) => Ok(()),
    }
}

/// Begins a transaction that reads one snapshot of the database.
pub(super) fn begin_snapshot(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction(sqlite),
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction_sql(postgres, SNAPSHOT),
    }
}

/// Runs `work` in the transaction that has begun, and ends it.
pub(super) fn complete<T, E: From<Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    let done = work(conn);
    finish(conn, done)
}

/// As [`complete`], after [`begin_unsynced`].
pub(super) fn complete_unsynced<T, E: From<Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    let done = complete(conn, work);
    sync_again(conn)?;
    done
}

/// Runs `work` in one transaction that may write.
pub fn write<T, E: From<Error>>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    begin_write(conn)?;
    complete(conn, work)
}

/// Runs `work` in a savepoint of the transaction that has begun: if it fails or panics, what it did is rolled back, and
/// the transaction continues.
pub(super) fn write_in_savepoint<T>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    Manager::begin_transaction(conn)?;
    let done = run_safely(conn, work);
    finish(conn, done)
}

/// Runs `work` in the transaction or savepoint that has begun, which is to be rolled back if it fails or panics.
pub(super) fn run_safely<T>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let depth = depth(conn)?;
    let done = catch_unwind(AssertUnwindSafe(|| work(conn)));
    let done = done.unwrap_or_else(|panic| Err(DbError::Aborted(panic_message(&*panic))));
    // Savepoints that a panic left open.
    while self::depth(conn)? > depth {
        Manager::rollback_transaction(conn)?;
    }
    done
}

/// Whether a transaction has begun, and SQLite has not rolled it back.
pub(super) fn is_in_transaction(conn: &mut DbConnection) -> QueryResult<bool> {
    Ok(depth(conn)? > 0)
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
    begin_snapshot(conn)?;
    complete(conn, work)
}

/// Ends the transaction or savepoint that has begun.
fn finish<T, E: From<Error>>(conn: &mut DbConnection, done: Result<T, E>) -> Result<T, E> {
    match done {
        Ok(done) => commit(conn).map(|()| done).map_err(E::from),
        Err(error) => {
            // The first error says more than one of the rollback.
            let _ = Manager::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// Commits, or fails and leaves no transaction open.
fn commit(conn: &mut DbConnection) -> QueryResult<()> {
    // Releasing a savepoint fails after a failed statement, on either database.
    let is_savepoint = depth(conn)? > 1;
    let DbConnection::Postgres(postgres) = conn else { return Manager::commit_transaction(conn) };
    if is_savepoint {
        return AnsiTransactionManager::commit_transaction(postgres);
    }
    // After a failed statement, PostgreSQL treats COMMIT as ROLLBACK and reports success. Any other statement fails then.
    // diesel learns from the connection that the transaction has ended.
    let committed = postgres.batch_execute("SELECT; COMMIT");
    if committed.is_err() {
        // Does nothing if the server has rolled back.
        let _ = AnsiTransactionManager::rollback_transaction(postgres);
    }
    committed
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
        log::warn!("cannot reset the busy timeout of a connection: {error}");
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

pub(super) fn lock(conn: &mut DbConnection) -> QueryResult<()> {
    match conn {
        DbConnection::Sqlite(_) => Ok(()),
        DbConnection::Postgres(postgres) => {
            // A node that is frozen while it holds the lock must not block all others forever.
            let secs = EXCLUSIVE_TIMEOUT.as_secs();
            postgres.batch_execute(&format!(
                "SET LOCAL lock_timeout = '{secs}s'; SET LOCAL idle_in_transaction_session_timeout = '{secs}s'"
            ))?;
            sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(EXCLUSIVE_LOCK).execute(postgres).map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::db::{DatabaseUrl, test_postgres};

    /// A connection to each database that there is, with an empty table.
    fn connections(folder: &TempDir) -> Vec<DbConnection> {
        let sqlite = Some(format!("sqlite://{}/auth.db", folder.path().display()));
        let urls = [sqlite, test_postgres::new_database()].into_iter().flatten();
        urls.map(|url| {
            let mut conn = DbConnection::open(&url.parse::<DatabaseUrl>().unwrap()).unwrap();
            conn.batch_execute(
                "CREATE TABLE notes (number BIGINT PRIMARY KEY, \
                 follows BIGINT REFERENCES notes (number) DEFERRABLE INITIALLY DEFERRED)",
            )
            .unwrap();
            conn
        })
        .collect()
    }

    fn insert(conn: &mut DbConnection, number: i64, follows: &str) -> QueryResult<()> {
        sql_query(format!("INSERT INTO notes VALUES ({number}, {follows})")).execute(conn).map(drop)
    }

    /// Each row is deleted and counted.
    fn take_all(conn: &mut DbConnection) -> usize {
        sql_query("DELETE FROM notes").execute(conn).unwrap()
    }

    #[test]
    fn a_commit_that_fails_is_reported_and_leaves_nothing() {
        let folder = TempDir::new().unwrap();
        for mut conn in connections(&folder) {
            // The reference is checked at the commit.
            let failed = write(&mut conn, |conn| insert(conn, 1, "99"));
            let depth = depth(&mut conn).unwrap();
            let next = write(&mut conn, |conn| insert(conn, 2, "NULL"));

            assert!(matches!(failed, Err(Error::DatabaseError(..))), "{failed:?}");
            assert_eq!((depth, next, take_all(&mut conn)), (0, Ok(()), 1));
        }
    }

    #[test]
    fn a_transaction_is_reported_as_it_ends_also_if_the_work_ignores_a_failed_statement() {
        let folder = TempDir::new().unwrap();
        for mut conn in connections(&folder) {
            let reported = write(&mut conn, |conn| {
                insert(conn, 1, "NULL")?;
                let _ = insert(conn, 1, "NULL");
                Ok::<_, Error>(())
            });
            let depth = depth(&mut conn).unwrap();

            // SQLite continues after a failed statement, PostgreSQL does not.
            let is_sqlite = matches!(conn, DbConnection::Sqlite(_));
            assert_eq!((reported.is_ok(), depth, take_all(&mut conn)), (is_sqlite, 0, usize::from(is_sqlite)));
        }
    }

    #[test]
    fn a_savepoint_ends_without_its_transaction() {
        let folder = TempDir::new().unwrap();
        for mut conn in connections(&folder) {
            let failed = write(&mut conn, |conn| {
                write_in_savepoint(conn, |conn| Ok(insert(conn, 1, "NULL")?))?;
                Err::<(), _>(DbError::Query(Error::RollbackTransaction))
            });

            assert!(failed.is_err());
            assert_eq!(take_all(&mut conn), 0, "the transaction was rolled back");
        }
    }

    #[test]
    fn what_is_committed_alone_is_reported_as_done() {
        let folder = TempDir::new().unwrap();
        for mut conn in connections(&folder) {
            let done = write_alone(&mut conn, |conn| insert(conn, 1, "NULL"));
            let failed = write_alone(&mut conn, |conn| insert(conn, 2, "99"));

            assert!(done.is_ok() && failed.is_err(), "{done:?} {failed:?}");
            assert_eq!(take_all(&mut conn), 1);
        }
    }
}
