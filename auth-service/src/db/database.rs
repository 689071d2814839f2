//! The interface to the database.

use std::{sync::Arc, time::Duration};

use service_kit::StartError;
use tokio::time::timeout;

use super::{
    DatabaseUrl, DbConnection, DbError,
    connections::Connections,
    deadline::Deadline,
    group_commit::{Durability, GroupCommit},
    next_number,
    pool::{Pool, ping},
    sqlite_file::SqliteFile,
    transaction::{begin_snapshot, begin_unsynced, begin_write, complete, complete_unsynced, lock},
    work::{self, Done, Work, query},
    workers::Workers,
};
use crate::config::{DatabaseConfig, SETTINGS};

/// The database: a pool of connections, and threads that may block.
#[derive(Clone)]
pub struct Db {
    workers: Workers,
    /// SQLite's single writer.
    writer: Option<GroupCommit>,
    /// The same database, for [`Db::upkeep`].
    upkeep: Option<Arc<Db>>,
}

/// Connections for upkeep: a query that hangs must not keep the next one waiting.
const UPKEEP_CONNECTIONS: u32 = 3;

/// A database that takes longer for a commit does not commit.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(3);

impl Db {
    /// Connects, waiting for a database that is still starting, and creates the folder of a new SQLite file.
    ///
    /// # Errors
    /// [`StartError`] if the database cannot be reached in time.
    pub fn connect(url: &DatabaseUrl, config: &DatabaseConfig) -> Result<Self, StartError> {
        let cannot_start = |error: &dyn ToString| {
            let remedy = "Raise this user's thread limit.";
            StartError::new(SETTINGS.variable("database.url"), error.to_string(), remedy)
        };
        let pool = Pool::open(url, config)?;
        let writer = match url {
            DatabaseUrl::Sqlite(path) => {
                let writer = SqliteFile::opened(path).and_then(|file| GroupCommit::start(pool.clone(), file));
                Some(writer.map_err(|error| cannot_start(&error))?)
            }
            DatabaseUrl::Postgres(_) => None,
        };
        let upkeep = Pool::beside(url, UPKEEP_CONNECTIONS).map_err(|error| cannot_start(&error))?;
        let upkeep = Self::over(Connections::new(url, upkeep), writer.clone());
        let db = Self { upkeep: Some(Arc::new(upkeep)), ..Self::over(Connections::new(url, pool), writer) };
        if matches!(db.run_here(DbConnection::is_pooled), Ok(true)) {
            log::info!("a connection pooler is in front of PostgreSQL: statements are not prepared");
        }
        if matches!(db.run_here(DbConnection::has_unchecked_text), Ok(true)) {
            log::warn!(
                "the database has the encoding SQL_ASCII: create it with ENCODING 'UTF8', so that other programs can read it"
            );
        }
        if matches!(db.run_here(DbConnection::has_english_messages), Ok(false)) {
            log::warn!(
                "PostgreSQL's lc_messages is not English and this user cannot change it, so lock timeouts are reported as \
                 internal errors: ALTER ROLE this user SET lc_messages = 'C', or set it to C on the server"
            );
        }
        Ok(db)
    }

    fn over(connections: Connections, writer: Option<GroupCommit>) -> Self {
        Self { workers: Workers::over(connections), writer, upkeep: None }
    }

    /// The same database over connections of its own, for what must not wait behind requests, however many there are: keys,
    /// status lists and readiness.
    #[must_use]
    pub fn upkeep(&self) -> Self {
        self.upkeep.as_deref().unwrap_or(self).clone()
    }

    /// Runs `work`, which only reads, with a connection, on a thread that may block. It is repeated if the connection turns out
    /// to be lost.
    ///
    /// # Errors
    /// Those of `work`; [`DbError::Busy`] if no connection became free, [`DbError::TimedOut`], [`DbError::Aborted`] if
    /// `work` panicked.
    pub async fn run<T, E>(
        &self,
        work: impl Fn(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: Into<DbError> + 'static,
    {
        let work = query(work);
        self.workers.run(move |pool, _| pool.query(work)).await?.get()
    }

    /// Runs `work`, which only reads, on one snapshot of the database, on a thread that may block.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub(super) async fn run_on_snapshot<T>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
    {
        let work = work::work(work);
        self.workers.run(move |pool, _| pool.transact(begin_snapshot, |conn| complete(conn, work))).await?.get()
    }

    /// Runs `work` with a connection that has just been tried, on the calling thread: for startup and the command line.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub fn run_here<T, E: Into<DbError>>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, DbError> {
        self.workers.connections.current().pool.transact(ping, work)
    }

    /// Runs `work` in one transaction that may write, on a thread that may block. On SQLite concurrent writes share a
    /// commit.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: Into<DbError> + 'static,
    {
        let work = work::work(work);
        let done = match &self.writer {
            Some(writer) => writer.write(Durability::Synced, work).await,
            None => self.write_on_thread(work).await,
        };
        done?.get()
    }

    async fn write_on_thread(&self, work: Work) -> Result<Done, DbError> {
        self.workers
            .run(move |pool, deadline| pool.transact(begin_write, |conn| complete(conn, deadline.bound(work))))
            .await
    }

    /// As [`Db::write`], but the commit does not wait for the disk: for what may be lost if the machine crashes.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn write_unsynced<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: Into<DbError> + 'static,
    {
        let work = work::work(work);
        if let Some(writer) = &self.writer {
            return writer.write(Durability::Unsynced, work).await?.get();
        }
        let write = move |pool: &Pool, deadline: Deadline| {
            pool.transact(begin_unsynced, |conn| complete_unsynced(conn, deadline.bound(work)))
        };
        self.workers.run(write).await?.get()
    }

    /// As [`Db::write`], while no other node does the same.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn write_alone<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: Into<DbError> + 'static,
    {
        let work = work::work(work);
        if let Some(writer) = &self.writer {
            // SQLite has a single writer in any case; a second one might starve behind it.
            return writer.write(Durability::Synced, work).await?.get();
        }
        let alone = |conn: &mut DbConnection| {
            lock(conn)?;
            work(conn)
        };
        self.write_on_thread(Box::new(alone)).await?.get()
    }

    /// Commits a write that changes nothing of interest; with SQLite, checks that the file is still there.
    ///
    /// # Errors
    /// That the database does not commit, or not in time.
    pub async fn check_commit(&self) -> Result<(), DbError> {
        if let Some(writer) = &self.writer {
            return writer.check_file();
        }
        let written = self.write(|conn| next_number(conn, "write_check"));
        timeout(COMMIT_TIMEOUT, written).await.map_err(|_| DbError::TimedOut)?.map(drop)
    }

    /// How many connections are open, and how many of them are idle.
    pub fn connections(&self) -> (u32, u32) {
        self.workers.connections.current().pool.state()
    }

    /// How many connections there may be.
    pub fn max_connections(&self) -> u32 {
        self.workers.connections.current().pool.max_size()
    }

    /// How often no connection became free in time.
    pub fn acquire_timeouts(&self) -> u64 {
        self.workers.acquire_timeouts()
    }

    /// How many writes wait for a shared commit.
    pub fn commit_queue_length(&self) -> usize {
        self.writer.as_ref().map_or(0, GroupCommit::queue_length)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use actix_web::rt::{spawn, task::JoinHandle};
    use diesel::{QueryResult, RunQueryDsl, result::Error, sql_query};
    use service_kit::ApiError;
    use tempfile::TempDir;
    use tokio::task::spawn_blocking;

    use super::*;
    use crate::{config::Config, db::test_postgres};

    #[actix_web::test]
    async fn work_that_panics_is_an_internal_error_and_not_busy() {
        let folder = TempDir::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let db = Db::connect(&url, &Config::default().database).unwrap();

        let panicked = db.run(|_| -> Result<(), DbError> { panic!("a bug") }).await.unwrap_err();

        assert!(panicked.to_string().contains("a bug"), "{panicked}");
        let answer = ApiError::from(panicked);
        assert_eq!((answer.status().as_u16(), answer.code()), (500, "internal"));
        assert!(db.run(select_1).await.is_ok());
    }

    #[actix_web::test]
    async fn upkeep_does_not_wait_behind_requests() {
        let folder = TempDir::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let db = Db::connect(&url, &DatabaseConfig { connections: 1, ..DatabaseConfig::default() }).unwrap();
        let (release, request) = occupy(&db).await;

        assert!(db.upkeep().run(select_1).await.is_ok());

        drop(release);
        assert!(request.await.unwrap().is_ok());
    }

    /// As on a server that is frozen: nobody gets the connection back.
    #[actix_web::test]
    async fn connections_on_which_work_hangs_are_replaced_although_its_request_was_cancelled() {
        let folder = TempDir::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let settings = DatabaseConfig { connections: 1, ..DatabaseConfig::default() };
        let db = hasty(Db::connect(&url, &settings).unwrap(), Duration::from_millis(50));
        let (release, request) = occupy(&db).await;
        request.abort();
        let first = db.run(select_1).await;
        let second = db.run(select_1).await;

        drop(release);
        // The one that waited for the hanging connection may time out.
        assert!(matches!(first, Ok(()) | Err(DbError::Busy)), "{first:?}");
        assert!(second.is_ok(), "{second:?}");
    }

    /// A request that was repeated after 503 must not find that the first attempt has taken effect later.
    #[actix_web::test]
    async fn a_write_that_nobody_waits_for_any_longer_is_not_committed() {
        let Some(url) = test_postgres::new_database() else { return };
        let db = Db::connect(&url.parse().unwrap(), &DatabaseConfig::default()).unwrap();
        let hasty = hasty(db.clone(), Duration::from_millis(300));
        db.write(|conn| sql_query("CREATE TABLE notes (number BIGINT)").execute(conn)).await.unwrap();
        let (release, held) = mpsc::channel::<()>();

        let late = hasty.write(move |conn| {
            sql_query("INSERT INTO notes VALUES (1)").execute(conn)?;
            // Until the sender is dropped.
            let _ = held.recv();
            Ok::<_, Error>(())
        });
        let late = late.await;
        drop(release);
        // It waits for the other transaction.
        let lock = |conn: &mut DbConnection| sql_query("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE").execute(conn);
        let rows = db.write(move |conn| lock(conn).and_then(|_| sql_query("DELETE FROM notes").execute(conn))).await;

        assert!(matches!(late, Err(DbError::TimedOut)), "{late:?}");
        assert_eq!(rows.unwrap(), 0);
    }

    /// The same database, whose work times out sooner.
    fn hasty(db: Db, timeout: Duration) -> Db {
        Db { workers: db.workers.clone().hasty(timeout), ..db }
    }

    /// Work that holds a connection until the sender is dropped.
    async fn occupy(db: &Db) -> (mpsc::Sender<()>, JoinHandle<Result<(), DbError>>) {
        let (release, held) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        let db = db.clone();
        let work = spawn(async move {
            db.run(move |_| {
                let _ = begin.send(());
                let _ = held.recv();
                Ok::<_, DbError>(())
            })
            .await
        });
        spawn_blocking(move || begun.recv()).await.unwrap().unwrap();
        (release, work)
    }

    fn select_1(conn: &mut DbConnection) -> QueryResult<()> {
        sql_query("SELECT 1").execute(conn).map(drop)
    }
}
