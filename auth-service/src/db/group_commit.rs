//! Writes to SQLite, committed together.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use service_kit::RequestContext;
use tokio::sync::{mpsc, oneshot};
use tracing::debug_span;

use super::{
    DbConnection, DbError,
    connection::{write, write_within},
    pool::Pool,
};

/// Writes to SQLite, committed together: SQLite has one writer at a time, and each commit waits for the disk. So those
/// who come while the disk is busy share the next commit. Each has a savepoint of its own, so that none takes another
/// along when it fails; and none is told that it is done before the commit is.
#[derive(Clone)]
pub(super) struct GroupCommit(mpsc::Sender<Job>);

/// Work, and what tells its result once the commit has succeeded or not.
type Job = Box<dyn FnOnce(&mut DbConnection) -> Tell + Send>;
type Tell = Box<dyn FnOnce(Result<(), CommitFailed>) + Send>;

#[derive(Clone, Copy)]
enum CommitFailed {
    Busy,
    Otherwise,
}

/// So many share a commit at most.
const MOST: usize = 128;
/// So many wait at most.
const QUEUE: usize = 1024;

impl GroupCommit {
    /// Starts the thread that writes. It ends when this is dropped.
    ///
    /// # Errors
    /// If there can be no more threads.
    pub(super) fn start(pool: Pool) -> io::Result<Self> {
        let (sender, mut jobs) = mpsc::channel::<Job>(QUEUE);
        let work = move || {
            while let Some(first) = jobs.blocking_recv() {
                let mut group = vec![first];
                while group.len() < MOST
                    && let Ok(job) = jobs.try_recv()
                {
                    group.push(job);
                }
                // Whoever is not told, because the thread stumbled over a job, learns it by the channel that is gone.
                let _ = catch_unwind(AssertUnwindSafe(|| commit(&pool, group)));
            }
        };
        thread::Builder::new().name("sqlite-writes".to_owned()).spawn(work)?;
        Ok(Self(sender))
    }

    /// How many writes wait for a commit.
    pub(super) fn queue_length(&self) -> usize {
        self.0.max_capacity() - self.0.capacity()
    }

    /// Runs `work` in a transaction, together with others.
    pub(super) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        E: From<diesel::result::Error> + Into<DbError> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let context = RequestContext::in_span(debug_span!("database_write"));
        let job: Job = Box::new(move |conn| {
            let _entered = context.enter();
            let done = write_within(conn, work).map_err(Into::into);
            Box::new(move |committed| {
                // Nobody waits any more where the client has gone away.
                let _ = tell.send(done.and_then(|done| committed.map(|()| done).map_err(DbError::from)));
            })
        });
        self.0.try_send(job).map_err(|_| DbError::Busy)?;
        told.await.map_err(|_| DbError::Busy)?
    }
}

fn commit(pool: &Pool, group: Vec<Job>) {
    let mut tellers = Vec::new();
    let committed = pool.run(|conn| {
        write(conn, |conn| {
            tellers.extend(group.into_iter().map(|job| job(conn)));
            Ok::<_, DbError>(())
        })
    });
    let committed = committed.map_err(|error| match error {
        DbError::Busy => CommitFailed::Busy,
        error => {
            log::error!("writes cannot be committed: {error:?}");
            CommitFailed::Otherwise
        }
    });
    for tell in tellers {
        tell(committed);
    }
}

impl From<CommitFailed> for DbError {
    fn from(failed: CommitFailed) -> Self {
        match failed {
            CommitFailed::Busy => Self::Busy,
            CommitFailed::Otherwise => Self::Query(diesel::result::Error::RollbackTransaction),
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::{RunQueryDsl, result::Error, sql_query};
    use futures_util::future::join_all;
    use tempfile::TempDir;

    use super::{super::Db, *};
    use crate::{config::Config, db::DatabaseUrl};

    fn database(folder: &TempDir) -> Db {
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let db = Db::connect(&url, &Config::default().database).unwrap();
        db.run_here(|conn| sql_query("CREATE TABLE notes (number BIGINT PRIMARY KEY)").execute(conn)).unwrap();
        db
    }

    fn insert(conn: &mut DbConnection, number: usize) -> Result<(), Error> {
        sql_query(format!("INSERT INTO notes VALUES ({number})")).execute(conn).map(drop)
    }

    fn count(db: &Db) -> usize {
        // Each row is deleted and counted.
        db.run_here(|conn| sql_query("DELETE FROM notes").execute(conn)).unwrap()
    }

    #[actix_web::test]
    async fn who_fails_takes_nobody_along_and_leaves_nothing() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);
        let write = |number: usize| {
            db.write(move |conn| {
                insert(conn, number)?;
                if number.is_multiple_of(3) { Err(Error::RollbackTransaction) } else { Ok(number) }
            })
        };

        let results = join_all((0..300).map(write)).await;

        for (number, result) in results.iter().enumerate() {
            assert_eq!(result.as_ref().ok(), Some(&number).filter(|number| !number.is_multiple_of(3)));
        }
        assert_eq!(count(&db), 200);
    }

    #[actix_web::test]
    async fn what_is_told_to_be_done_is_there_for_other_connections() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);

        db.write(|conn| insert(conn, 7)).await.unwrap();

        assert_eq!(count(&db), 1);
    }

    #[actix_web::test]
    async fn a_write_that_panics_is_not_the_last() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);

        let fell = db.write(|conn| -> Result<(), Error> {
            insert(conn, 1)?;
            panic!("as a bug would");
        });
        let fell = fell.await;
        let next = db.write(|conn| insert(conn, 2)).await;

        assert!(matches!(fell, Err(DbError::Busy)), "{fell:?}");
        assert!(next.is_ok(), "{next:?}");
        assert_eq!(count(&db), 1);
    }
}
