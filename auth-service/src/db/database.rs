//! The interface to the database.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use diesel::{RunQueryDsl, sql_query};
use service_kit::{RequestContext, StartError};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use tracing::debug_span;

use super::{
    DatabaseUrl, DbConnection, DbError,
    group_commit::GroupCommit,
    pool::{ACQUIRE_TIMEOUT, Pool},
    transaction::{write, write_alone},
};
use crate::config::{DatabaseConfig, SETTINGS};

/// The database: a pool of connections, and threads that may block.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    /// One per connection: waiting happens here, where it has a timeout and blocks no thread.
    permits: Arc<Semaphore>,
    acquire_timeouts: Arc<AtomicU64>,
    /// SQLite's single writer.
    writer: Option<GroupCommit>,
}

impl Db {
    /// Connects, waiting for a database that is still starting, and creates the folder of a new SQLite file.
    ///
    /// # Errors
    /// [`StartError`] if the database cannot be reached in time.
    pub fn connect(url: &DatabaseUrl, config: &DatabaseConfig) -> Result<Self, StartError> {
        let pool = Pool::open(url, config)?;
        let permits = Arc::new(Semaphore::new(config.connections as usize));
        let writer = match url {
            DatabaseUrl::Sqlite(_) => Some(GroupCommit::start(pool.clone()).map_err(|error| {
                let remedy = "Raise this user's thread limit.";
                StartError::new(SETTINGS.variable("database.url"), error.to_string(), remedy)
            })?),
            DatabaseUrl::Postgres(_) => None,
        };
        let db = Self { pool, permits, acquire_timeouts: Arc::default(), writer };
        if matches!(db.run_here(DbConnection::has_english_messages), Ok(false)) {
            log::warn!(
                "PostgreSQL's lc_messages is not English and this user cannot change it, so lock timeouts are reported as \
                 internal errors: GRANT SET ON PARAMETER lc_messages TO this user, or set it to C on the server"
            );
        }
        Ok(db)
    }

    /// Runs `work` with a connection, on a thread that may block.
    ///
    /// # Errors
    /// Those of `work`; [`DbError::Busy`] if no connection became free in time, [`DbError::Aborted`] if `work` panicked.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: Into<DbError> + Send + 'static,
    {
        let permit = timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or_else(|| {
            self.acquire_timeouts.fetch_add(1, Relaxed);
            DbError::Busy
        })?;
        let (pool, context) = (self.pool.clone(), RequestContext::in_span(debug_span!("database")));
        let done = spawn_blocking(move || {
            let _entered = context.enter();
            let done = pool.run(work);
            drop(permit);
            done
        })
        .await;
        done.map_err(|error| DbError::Aborted(error.to_string()))?
    }

    /// As [`Db::run`], on the calling thread: for startup and the command line.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub fn run_here<T, E: Into<DbError>>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, DbError> {
        self.pool.run(work)
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
        E: From<diesel::result::Error> + Into<DbError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(work).await,
            None => self.run(move |conn| write(conn, work)).await,
        }
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
        E: From<diesel::result::Error> + Into<DbError> + Send + 'static,
    {
        match &self.writer {
            // SQLite has a single writer in any case; a second one might starve behind it.
            Some(writer) => writer.write(work).await,
            None => self.run(move |conn| write_alone(conn, work)).await,
        }
    }

    /// How many connections are open, and how many of them are idle.
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

    /// Checks whether the database responds, for readiness.
    ///
    /// # Errors
    /// [`DbError`] if it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.run(|conn| sql_query("SELECT 1").execute(conn).map(drop)).await
    }
}

#[cfg(test)]
mod tests {
    use service_kit::ApiError;
    use tempfile::TempDir;

    use super::*;
    use crate::config::Config;

    #[actix_web::test]
    async fn work_that_panics_is_an_internal_error_and_not_busy() {
        let folder = TempDir::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let db = Db::connect(&url, &Config::default().database).unwrap();

        let panicked = db.run(|_| -> Result<(), DbError> { panic!("a bug") }).await.unwrap_err();

        assert!(panicked.to_string().contains("a bug"), "{panicked}");
        let answer = ApiError::from(panicked);
        assert_eq!((answer.status().as_u16(), answer.code()), (500, "internal"));
        assert!(db.ping().await.is_ok());
    }
}
