//! Connections, kept and lent.

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

use diesel::{Connection, ConnectionError, QueryResult, RunQueryDsl, connection::TransactionManager, sql_query};
use service_kit::StartError;
use shared::jittered;
use tokio::time::Instant;

use super::{DatabaseUrl, DbConnection, DbError, error::is_broken};
use crate::config::{DatabaseConfig, SETTINGS};

/// Connections, lent to one piece of work at a time.
#[derive(Clone)]
pub(super) struct Pool {
    connections: r2d2::Pool<Manager>,
    epoch: Arc<AtomicU64>,
}

struct Manager {
    url: DatabaseUrl,
    epoch: Arc<AtomicU64>,
}

/// A connection and the epoch that it was made in. When one connection turns out broken, the database has most likely
/// gone away and come back: a new epoch begins, and connections of older ones are dropped without being tried. Asking
/// the database each time a connection is lent would double the price of a lookup.
struct Lent {
    conn: DbConnection,
    epoch: u64,
}

/// How long whoever wants a connection waits for one.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

impl Pool {
    /// Connects, waiting for a database that is still starting, and makes the folder of a new SQLite file.
    ///
    /// # Errors
    /// [`StartError`] if the database cannot be reached in time.
    pub(super) fn open(url: &DatabaseUrl, config: &DatabaseConfig) -> Result<Self, StartError> {
        let refused = |problem: String| {
            StartError::new(
                SETTINGS.variable("database.url"),
                format!("{url}: {problem}"),
                "Set it to sqlite://<file> in a folder that this user may write to, or to \
                 postgres://<user>:<password>@<host>/<database> of a server that runs.",
            )
        };
        if let DatabaseUrl::Sqlite(path) = url {
            make_file(path).map_err(|error| refused(error.to_string()))?;
        }
        wait_for(url, Duration::from_secs(config.start_wait_secs)).map_err(|error| refused(one_line(&error)))?;
        let epoch = Arc::new(AtomicU64::new(0));
        let connections = r2d2::Pool::builder()
            .max_size(config.connections)
            .min_idle(Some(1))
            .connection_timeout(PATIENCE)
            .test_on_check_out(false)
            .error_handler(Box::new(LogFailure))
            .build(Manager { url: url.clone(), epoch: Arc::clone(&epoch) })
            .map_err(|error| refused(error.to_string()))?;
        Ok(Self { connections, epoch })
    }

    /// Runs `work` with a connection, on this very thread.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError::Busy`] if no connection became free.
    pub(super) fn run<T, E: Into<DbError>>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, DbError> {
        let mut lent = loop {
            let lent = self.connections.get()?;
            // Dropped here, a connection of an older epoch is broken to the pool, which makes another in its place.
            if lent.epoch == self.epoch.load(Relaxed) {
                break lent;
            }
        };
        let done = work(&mut lent.conn).map_err(Into::into);
        if is_lost(&done) {
            // Of those who find out at the same time, one begins the new epoch.
            let _ = self.epoch.compare_exchange(lent.epoch, lent.epoch + 1, Relaxed, Relaxed);
        }
        done
    }

    /// How many connections there may be.
    pub(super) fn max_size(&self) -> u32 {
        self.connections.max_size()
    }

    /// How many connections there are, and how many of them nobody uses.
    pub(super) fn state(&self) -> (u32, u32) {
        let state = self.connections.state();
        (state.connections, state.idle_connections)
    }
}

fn is_lost<T>(done: &Result<T, DbError>) -> bool {
    match done {
        Err(DbError::Unreachable(_)) => true,
        Err(DbError::Query(error)) => is_broken(error),
        Ok(_) | Err(DbError::Busy) => false,
    }
}

/// The file is for its owner alone, and so are those that SQLite puts beside it.
fn make_file(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(file).map(drop)
}

/// A database server may start later than its clients.
fn wait_for(url: &DatabaseUrl, patience: Duration) -> Result<(), ConnectionError> {
    const LONGEST_PAUSE: Duration = Duration::from_secs(2);
    let began = Instant::now();
    let mut pause = Duration::from_millis(100);
    loop {
        match DbConnection::open(url) {
            Ok(_) => return Ok(()),
            Err(error) if matches!(url, DatabaseUrl::Sqlite(_)) || began.elapsed() >= patience => return Err(error),
            Err(error) => log::warn!("waiting for {url}: {}", one_line(&error)),
        }
        thread::sleep(jittered(pause));
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

fn one_line(error: &dyn fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl r2d2::ManageConnection for Manager {
    type Connection = Lent;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Lent, ConnectionError> {
        let epoch = self.epoch.load(Relaxed);
        DbConnection::open(&self.url).map(|conn| Lent { conn, epoch })
    }

    fn is_valid(&self, lent: &mut Lent) -> Result<(), ConnectionError> {
        let answer: QueryResult<usize> = sql_query("SELECT 1").execute(&mut lent.conn);
        answer.map(drop).map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, lent: &mut Lent) -> bool {
        type Transactions = <DbConnection as Connection>::TransactionManager;
        lent.epoch != self.epoch.load(Relaxed)
            || thread::panicking()
            || Transactions::is_broken_transaction_manager(&mut lent.conn)
    }
}

/// The pool tries to connect again and again while the database is away.
#[derive(Debug)]
struct LogFailure;

impl r2d2::HandleError<ConnectionError> for LogFailure {
    fn handle_error(&self, error: ConnectionError) {
        log::warn!("no connection to the database: {}", one_line(&error));
    }
}
