//! The pool of connections.

use std::{
    fmt,
    fs::{DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use diesel::{
    Connection, ConnectionError, QueryResult, RunQueryDsl,
    connection::TransactionManager,
    result::{DatabaseErrorKind, Error},
    sql_query,
};
use service_kit::StartError;
use shared::tasks::jittered;
use tokio::time::Instant;

use super::{
    DatabaseUrl, DbConnection, DbError,
    error::{is_broken, is_read_only_server},
    suitable::Unsuitable,
};
use crate::config::{DatabaseConfig, SETTINGS};

/// A pool of connections.
#[derive(Clone)]
pub(super) struct Pool {
    connections: r2d2::Pool<Manager>,
    epoch: Arc<AtomicU64>,
}

struct Manager {
    url: DatabaseUrl,
    epoch: Arc<AtomicU64>,
}

/// A connection and the epoch that it was opened in. When one connection turns out broken, the database has most likely
/// restarted: a new epoch begins, and connections of older ones are dropped without being tried. Testing each connection
/// at checkout would double the cost of a lookup.
struct Pooled {
    conn: DbConnection,
    epoch: u64,
}

/// How long to wait for a free connection.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

impl Pool {
    /// Connects, waiting for a database that is still starting, and creates the folder of a new SQLite file.
    ///
    /// # Errors
    /// [`StartError`] if the database cannot be reached in time.
    pub(super) fn open(url: &DatabaseUrl, config: &DatabaseConfig) -> Result<Self, StartError> {
        let refused = |problem: String| {
            StartError::new(
                SETTINGS.variable("database.url"),
                format!("{url}: {problem}"),
                "Set it to sqlite://<file> in a directory that this user can write to, or to \
                 postgres://<user>:<password>@<host>/<database> of a running server.",
            )
        };
        if let DatabaseUrl::Sqlite(path) = url {
            make_file(path).map_err(|error| refused(error.to_string()))?;
        }
        let unsuitable = wait_for(url, Duration::from_secs(config.start_wait_secs));
        if let Some(why) = unsuitable.map_err(|error| refused(one_line(&error)))? {
            let problem = format!("{url}: {why}");
            return Err(StartError::new(SETTINGS.variable("database.url"), problem, why.remedy()));
        }
        Self::of_size(config.connections, 1, url).map_err(|error| refused(error.to_string()))
    }

    /// Another pool for the same database, which has no connection until one is needed.
    ///
    /// # Errors
    /// If its threads cannot be started.
    pub(super) fn beside(url: &DatabaseUrl, connections: u32) -> Result<Self, r2d2::Error> {
        Self::of_size(connections, 0, url)
    }

    fn of_size(connections: u32, min_idle: u32, url: &DatabaseUrl) -> Result<Self, r2d2::Error> {
        let epoch = Arc::new(AtomicU64::new(0));
        let connections = r2d2::Pool::builder()
            .max_size(connections)
            .min_idle(Some(min_idle))
            .connection_timeout(ACQUIRE_TIMEOUT)
            .test_on_check_out(false)
            .error_handler(Box::new(LogFailure))
            .build(Manager { url: url.clone(), epoch: Arc::clone(&epoch) })?;
        Ok(Self { connections, epoch })
    }

    /// Runs `work` with a connection, on the calling thread.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError::Busy`] if no connection became free.
    pub(super) fn run<T, E: Into<DbError>>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, DbError> {
        let mut pooled = self.checked_out()?;
        let done = work(&mut pooled.conn).map_err(Into::into);
        self.judge(&mut pooled, done)
    }

    /// As [`Pool::run`], for `work` that only reads: it is repeated if the connection turns out to be lost, such as one that
    /// the server has ended because it was idle.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(super) fn query<T, E: Into<DbError>>(
        &self,
        work: impl Fn(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, DbError> {
        match self.run(&work) {
            Err(DbError::Unreachable(_)) => self.run(work),
            done => done,
        }
    }

    /// Runs `work` after `begin`, which begins a transaction, or only tries the connection. If the connection is lost, `begin` is
    /// what finds out, and begins on another one: nothing has been done yet.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(super) fn transact<T, E: Into<DbError>>(
        &self,
        begin: impl Fn(&mut DbConnection) -> QueryResult<()>,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, DbError> {
        let mut pooled = self.checked_out()?;
        let begun = begin(&mut pooled.conn).map_err(Into::into);
        match self.judge(&mut pooled, begun) {
            Err(DbError::Unreachable(_)) => {
                drop(pooled);
                pooled = self.checked_out()?;
                let begun = begin(&mut pooled.conn).map_err(Into::into);
                self.judge(&mut pooled, begun)?;
            }
            begun => begun?,
        }
        let done = work(&mut pooled.conn).map_err(Into::into);
        self.judge(&mut pooled, done)
    }

    fn checked_out(&self) -> Result<r2d2::PooledConnection<Manager>, DbError> {
        loop {
            let pooled = self.connections.get()?;
            // A connection of an older epoch is dropped here; the pool then counts it as broken and opens another.
            if pooled.epoch == self.epoch.load(Relaxed) {
                return Ok(pooled);
            }
        }
    }

    /// Begins a new epoch if the connection is lost.
    fn judge<T>(&self, pooled: &mut Pooled, done: Result<T, DbError>) -> Result<T, DbError> {
        let done = match done {
            // The server may say in any language that it has ended the connection.
            Err(DbError::Query(error)) if is_unknown(&error) && ping(&mut pooled.conn).is_err() => {
                Err(DbError::Unreachable(error.to_string()))
            }
            done => done,
        };
        if is_lost(&done) {
            // Of several that notice at the same time, one begins the new epoch.
            let _ = self.epoch.compare_exchange(pooled.epoch, pooled.epoch + 1, Relaxed, Relaxed);
        }
        done
    }

    /// Drops all connections that are open, each when it is next looked at.
    pub(super) fn begin_epoch(&self) {
        self.epoch.fetch_add(1, Relaxed);
    }

    /// How many connections there may be.
    pub(super) fn max_size(&self) -> u32 {
        self.connections.max_size()
    }

    /// How many connections are open, and how many of them are idle.
    pub(super) fn state(&self) -> (u32, u32) {
        let state = self.connections.state();
        (state.connections, state.idle_connections)
    }
}

fn is_lost<T>(done: &Result<T, DbError>) -> bool {
    match done {
        Err(DbError::Unreachable(_)) => true,
        Err(DbError::Query(error)) => is_broken(error),
        // It was the primary when the connection was opened, and no longer is. Another one may be.
        Err(DbError::NotWritable(why)) => is_read_only_server(why),
        Ok(_) | Err(DbError::Busy | DbError::TimedOut | DbError::Aborted(_)) => false,
    }
}

fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, _))
}

/// Whether the connection works.
pub(super) fn ping(conn: &mut DbConnection) -> QueryResult<()> {
    sql_query("SELECT 1").execute(conn).map(drop)
}

/// Creates the file, readable only by its owner, as are those that SQLite creates next to it.
fn make_file(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(file).map(drop)
}

/// A database server may start, or be promoted, later than its clients start. Returns why it cannot be used, if it cannot.
fn wait_for(url: &DatabaseUrl, timeout: Duration) -> Result<Option<Unsuitable>, ConnectionError> {
    const MAX_PAUSE: Duration = Duration::from_secs(2);
    let began = Instant::now();
    let mut pause = Duration::from_millis(100);
    loop {
        let opened = DbConnection::open(url)
            .and_then(|mut conn| conn.why_unsuitable().map_err(ConnectionError::CouldntSetupConfiguration));
        match opened {
            Ok(Some(why)) if why.is_temporary() && began.elapsed() < timeout => {
                log::warn!("waiting for {url}: {why}");
            }
            Ok(found) => return Ok(found),
            Err(error) if matches!(url, DatabaseUrl::Sqlite(_)) || began.elapsed() >= timeout => return Err(error),
            Err(error) => log::warn!("waiting for {url}: {}", one_line(&error)),
        }
        thread::sleep(jittered(pause));
        pause = MAX_PAUSE.min(pause * 2);
    }
}

fn one_line(error: &dyn fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Pooled, ConnectionError> {
        let epoch = self.epoch.load(Relaxed);
        DbConnection::open(&self.url).map(|conn| Pooled { conn, epoch })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), ConnectionError> {
        ping(&mut pooled.conn).map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        type Transactions = <DbConnection as Connection>::TransactionManager;
        pooled.epoch != self.epoch.load(Relaxed)
            || thread::panicking()
            || Transactions::is_broken_transaction_manager(&mut pooled.conn)
    }
}

/// The pool retries while the database is unreachable.
#[derive(Debug)]
struct LogFailure;

impl r2d2::HandleError<ConnectionError> for LogFailure {
    fn handle_error(&self, error: ConnectionError) {
        log::warn!("cannot connect to the database: {}", one_line(&error));
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::{super::test_postgres, *};

    /// As after a failover that leaves the connections to the old primary open.
    #[test]
    fn a_connection_to_a_server_that_has_become_read_only_is_replaced() {
        let Some(url) = test_postgres::new_database() else { return };
        let config = DatabaseConfig { connections: 1, ..DatabaseConfig::default() };
        let pool = Pool::open(&url.parse().unwrap(), &config).unwrap();
        let execute = |statement: &str| pool.run(|conn| conn.batch_execute(statement));
        execute("CREATE TABLE notes (number BIGINT)").unwrap();
        execute("SET default_transaction_read_only = on").unwrap();

        let refused = execute("INSERT INTO notes VALUES (1)");
        let accepted = execute("INSERT INTO notes VALUES (2)");

        assert!(matches!(refused, Err(DbError::NotWritable(_))), "{refused:?}");
        assert!(accepted.is_ok(), "{accepted:?}");
    }
}
