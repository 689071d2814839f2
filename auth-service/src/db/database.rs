//! The database, as everybody else uses it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use actix_web::web;
use diesel::{RunQueryDsl, sql_query};
use service_kit::{RequestContext, StartError};
use tokio::{sync::Semaphore, time::timeout};
use tracing::debug_span;

use super::{
    DatabaseUrl, DbConnection, DbError,
    connection::{write, write_alone},
    group_commit::GroupCommit,
    pool::{PATIENCE, Pool},
};
use crate::config::{DatabaseConfig, SETTINGS};

/// The database: connections, lent to one piece of work at a time on a thread that may block.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    /// As many as there are connections: who waits, waits here, where waiting has an end.
    permits: Arc<Semaphore>,
    acquire_timeouts: Arc<AtomicU64>,
    /// SQLite's one writer.
    writer: Option<GroupCommit>,
}

impl Db {
    /// Connects, waiting for a database that is still starting, and makes the folder of a new SQLite file.
    ///
    /// # Errors
    /// [`StartError`] if the database cannot be reached in time.
    pub fn connect(url: &DatabaseUrl, config: &DatabaseConfig) -> Result<Self, StartError> {
        let pool = Pool::open(url, config)?;
        let permits = Arc::new(Semaphore::new(config.connections as usize));
        let writer = match url {
            DatabaseUrl::Sqlite(_) => Some(GroupCommit::start(pool.clone()).map_err(|error| {
                let remedy = "Let this user have more threads.";
                StartError::new(SETTINGS.variable("database.url"), error.to_string(), remedy)
            })?),
            DatabaseUrl::Postgres(_) => None,
        };
        Ok(Self { pool, permits, acquire_timeouts: Arc::default(), writer })
    }

    /// Runs `work` with a connection, on a thread that may block.
    ///
    /// # Errors
    /// Those of `work`, and [`DbError::Busy`] if no connection became free.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: Into<DbError> + Send + 'static,
    {
        let permit = timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or_else(|| {
            self.acquire_timeouts.fetch_add(1, Relaxed);
            DbError::Busy
        })?;
        let (pool, context) = (self.pool.clone(), RequestContext::in_span(debug_span!("database")));
        let done = web::block(move || {
            let _entered = context.enter();
            let done = pool.run(work);
            drop(permit);
            done
        })
        .await;
        done.map_err(|_| DbError::Busy)?
    }

    /// The same, on this very thread: for start-up and command lines.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub fn run_here<T, E: Into<DbError>>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, DbError> {
        self.pool.run(work)
    }

    /// Runs `work` in one transaction that may write, on a thread that may block. On SQLite those who write at the same
    /// time share a commit.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: From<diesel::result::Error> + Into<DbError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(work).await,
            None => self.run(move |conn| write(conn, work)).await,
        }
    }

    /// The same, and no other node is at it meanwhile.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn write_alone<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: From<diesel::result::Error> + Into<DbError> + Send + 'static,
    {
        match &self.writer {
            // SQLite has one writer in any case; beside it, whoever waits for a turn might never get one.
            Some(writer) => writer.write(work).await,
            None => self.run(move |conn| write_alone(conn, work)).await,
        }
    }

    /// How many connections there are, and how many of them nobody uses.
    pub fn connections(&self) -> (u32, u32) {
        self.pool.state()
    }

    /// How many connections there may be.
    pub fn max_connections(&self) -> u32 {
        self.pool.max_size()
    }

    /// How often no connection became free in time.
    pub fn acquire_timeouts(&self) -> u64 {
        self.acquire_timeouts.load(Relaxed)
    }

    /// How many writes wait for a shared commit.
    pub fn commit_queue_length(&self) -> usize {
        self.writer.as_ref().map_or(0, GroupCommit::queue_length)
    }

    /// Whether the database answers: what readiness asks.
    ///
    /// # Errors
    /// [`DbError`] if it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.run(|conn| sql_query("SELECT 1").execute(conn).map(drop)).await
    }
}
