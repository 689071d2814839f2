//! Work in the database, on threads that may block.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use service_kit::RequestContext;
use tokio::{
    spawn,
    task::{JoinError, spawn_blocking},
    time::timeout,
};
use tracing::debug_span;

use super::{
    DbError,
    connections::Connections,
    deadline::Deadline,
    pool::{ACQUIRE_TIMEOUT, Pool},
    work::Done,
};

/// Threads that may block, one for each connection at most.
#[derive(Clone)]
pub(super) struct Workers {
    pub(super) connections: Connections,
    timeout: Duration,
    acquire_timeouts: Arc<AtomicU64>,
}

/// How long work may take: beyond that, the database does not respond, or holds a lock for too long. The outcome is then unknown,
/// and the connection is given up as well. Shorter than what requests in progress are given at shutdown.
const WORK_TIMEOUT: Duration = Duration::from_secs(8);

impl Workers {
    pub(super) fn over(connections: Connections) -> Self {
        Self { connections, timeout: WORK_TIMEOUT, acquire_timeouts: Arc::default() }
    }

    /// The same, but work times out sooner.
    #[cfg(test)]
    pub(super) fn hasty(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Runs `work` with the pool in use, and the time until which it may take effect.
    ///
    /// # Errors
    /// Those of `work`; [`DbError::Busy`] if no connection became free, [`DbError::TimedOut`], [`DbError::Aborted`] if
    /// `work` panicked.
    pub(super) async fn run(
        &self,
        work: impl FnOnce(&Pool, Deadline) -> Result<Done, DbError> + Send + 'static,
    ) -> Result<Done, DbError> {
        let slots = self.connections.current();
        let permit = timeout(ACQUIRE_TIMEOUT, Arc::clone(&slots.permits).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or_else(|| {
            self.acquire_timeouts.fetch_add(1, Relaxed);
            DbError::Busy
        })?;
        let (pool, context) = (slots.pool.clone(), RequestContext::in_span(debug_span!("database")));
        let deadline = Deadline::after(self.timeout);
        let done = spawn_blocking(move || {
            let _entered = context.enter();
            let done = work(&pool, deadline);
            drop(permit);
            // It may notice just before the request does.
            if done.is_err() && deadline.has_passed() { Err(DbError::TimedOut) } else { done }
        });
        let (connections, limit) = (self.connections.clone(), self.timeout);
        let aborted = |error: JoinError| DbError::Aborted(error.to_string());
        // A task of its own: most clients give up before the timeout, and their requests are cancelled.
        let watched = spawn(async move {
            let Ok(done) = timeout(limit, done).await else {
                connections.abandon(&slots);
                return Err(DbError::TimedOut);
            };
            done.map_err(aborted)?
        });
        watched.await.map_err(aborted)?
    }

    /// How often no connection became free in time.
    pub(super) fn acquire_timeouts(&self) -> u64 {
        self.acquire_timeouts.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use diesel::result::Error;
    use tempfile::TempDir;

    use super::*;
    use crate::{config::DatabaseConfig, db::DatabaseUrl};

    #[actix_web::test]
    async fn work_that_fails_because_it_is_late_has_timed_out() {
        let folder = TempDir::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let pool = Pool::open(&url, &DatabaseConfig::default()).unwrap();
        let hasty = Workers::over(Connections::new(&url, pool)).hasty(Duration::from_millis(3));

        for _ in 0..20 {
            let late = hasty.run(|_, deadline| {
                while !deadline.has_passed() {
                    std::thread::yield_now();
                }
                Err(Error::RollbackTransaction.into())
            });
            let late = late.await;

            assert!(matches!(late, Err(DbError::TimedOut)));
        }
    }
}
