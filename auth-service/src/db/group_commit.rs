//! Writes to SQLite, committed together.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use diesel::result::Error;
use service_kit::RequestContext;
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};
use tracing::debug_span;

use super::{
    DbConnection, DbError,
    pool::Pool,
    sqlite_file::SqliteFile,
    transaction::{
        begin_unsynced, begin_write, complete, complete_unsynced, is_in_transaction, run_safely, write_in_savepoint,
    },
    work::{Done, Work},
};

/// Writes to SQLite, committed together: SQLite has a single writer, and each commit waits for the disk. So writes that
/// arrive while the disk is busy share the next commit. Each then has a savepoint of its own, so that one that fails or panics
/// does not affect the others; and none is reported as done before the commit is.
#[derive(Clone)]
pub(super) struct GroupCommit {
    jobs: mpsc::Sender<Job>,
    file: SqliteFile,
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// What was reported as done survives a power failure.
    Synced,
    /// It survives the end of this process.
    Unsynced,
}

struct Job {
    work: Option<Work>,
    done: Option<Result<Done, DbError>>,
    answer: oneshot::Sender<Result<Done, DbError>>,
    context: RequestContext,
    durability: Durability,
}

/// Why nothing of a group was committed.
#[derive(Clone)]
enum CommitError {
    Busy,
    NotWritable(Arc<str>),
    Failed(Arc<str>),
}

/// The maximum number of writes that share a commit.
const MAX_BATCH: usize = 128;
/// The maximum number of writes that wait.
const QUEUE: usize = 1024;

impl GroupCommit {
    /// Starts the writer thread. It ends when this is dropped.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn start(pool: Pool, file: SqliteFile) -> io::Result<Self> {
        let written = file.clone();
        let (sender, mut jobs) = mpsc::channel::<Job>(QUEUE);
        let work = move || {
            while let Some(first) = jobs.blocking_recv() {
                let mut group = vec![first];
                while group.len() < MAX_BATCH
                    && let Ok(job) = jobs.try_recv()
                {
                    group.push(job);
                }
                // Jobs catch their own panics. Should the commit itself panic, the group's callers see a closed channel.
                let _ = catch_unwind(AssertUnwindSafe(|| commit(&pool, &written, group)));
            }
        };
        thread::Builder::new().name("sqlite-writes".to_owned()).spawn(work)?;
        Ok(Self { jobs: sender, file })
    }

    /// Whether what is committed stays.
    ///
    /// # Errors
    /// [`DbError::NotWritable`] if the file has been deleted or replaced.
    pub(super) fn check_file(&self) -> Result<(), DbError> {
        self.file.check()
    }

    /// How many writes wait for a commit.
    pub(super) fn queue_length(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Runs `work` in a transaction, together with others.
    pub(super) async fn write(&self, durability: Durability, work: Work) -> Result<Done, DbError> {
        let aborted = |why: &str| DbError::Aborted(why.to_owned());
        let (answer, done) = oneshot::channel();
        let context = RequestContext::in_span(debug_span!("database_write"));
        let job = Job { work: Some(work), done: None, answer, context, durability };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Closed(_) => aborted("the writer thread is gone"),
        })?;
        done.await.map_err(|_| aborted("the writer thread panicked"))?
    }
}

impl Job {
    /// Does the work in a savepoint of the transaction that has begun.
    fn run(&mut self, conn: &mut DbConnection) {
        let _entered = self.context.enter();
        self.done = self.work.take().map(|work| write_in_savepoint(conn, work));
    }

    /// Does the work in a transaction that nobody shares, for which SQLite need not copy the pages that change.
    ///
    /// # Errors
    /// If the transaction is to be rolled back.
    fn run_alone(&mut self, conn: &mut DbConnection) -> Result<(), DbError> {
        let _entered = self.context.enter();
        self.done = self.work.take().map(|work| run_safely(conn, work));
        if matches!(self.done, Some(Err(_))) { Err(Error::RollbackTransaction.into()) } else { Ok(()) }
    }

    /// Why the writes before this one were lost: for the reason for which this one failed.
    fn why_lost(&self) -> DbError {
        match &self.done {
            Some(Err(DbError::Busy)) => DbError::Busy,
            Some(Err(DbError::NotWritable(why))) => DbError::NotWritable(why.clone()),
            Some(Err(error)) => DbError::Aborted(error.to_string()),
            Some(Ok(_)) | None => Error::NotInTransaction.into(),
        }
    }

    /// Sends the result, now that the commit has succeeded or not.
    fn answer(self, committed: Result<(), CommitError>) {
        let result = match (self.done, committed) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(done)), Ok(())) => Ok(done),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(DbError::Aborted("the write was never run".to_owned())),
        };
        // The client may have disconnected.
        let _ = self.answer.send(result);
    }
}

fn commit(pool: &Pool, file: &SqliteFile, mut group: Vec<Job>) {
    while !group.is_empty() {
        group = commit_until_lost(pool, file, group);
    }
}

/// Commits a group, up to a write with which SQLite has rolled back the transaction. Returns the writes that were to follow.
fn commit_until_lost(pool: &Pool, file: &SqliteFile, mut group: Vec<Job>) -> Vec<Job> {
    // A sync costs as much as a whole write, so a group that needs none does without.
    let is_synced = group.iter().any(|job| job.durability == Durability::Synced);
    let run = |conn: &mut DbConnection| {
        if let [only] = &mut *group {
            return only.run_alone(conn);
        }
        for job in &mut group {
            job.run(conn);
            // If the disk is full, for example, SQLite rolls back everything, not only to the savepoint. The next write would begin
            // a transaction of its own, and be committed although it is reported as failed.
            if !is_in_transaction(conn)? {
                return Err(job.why_lost());
            }
        }
        Ok(())
    };
    let committed = file.check().and_then(|()| {
        if is_synced {
            pool.transact(begin_write, |conn| complete(conn, run))
        } else {
            pool.transact(begin_unsynced, |conn| complete_unsynced(conn, run))
        }
    });
    // Nothing is reported as done that is only in a deleted file.
    let committed = committed.and_then(|()| file.check());
    let committed = committed.map_err(|error| match error {
        DbError::Busy => CommitError::Busy,
        DbError::NotWritable(why) => CommitError::NotWritable(why.into()),
        error => CommitError::Failed(error.to_string().into()),
    });
    // If it did not even begin, nor will the next one.
    let is_begun = group.iter().any(|job| job.done.is_some());
    let (done, not_run): (Vec<_>, Vec<_>) = group.into_iter().partition(|job| job.done.is_some() || !is_begun);
    for job in done {
        job.answer(committed.clone());
    }
    not_run
}

impl From<CommitError> for DbError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Busy => Self::Busy,
            CommitError::NotWritable(why) => Self::NotWritable(why.to_string()),
            CommitError::Failed(why) => Self::Aborted(format!("the commit failed: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use diesel::{
        Connection, RunQueryDsl, connection::SimpleConnection, dsl::sql, select, sql_query, sql_types::BigInt,
    };
    use futures_util::future::join_all;
    use tempfile::TempDir;

    use super::{super::Db, *};
    use crate::{config::Config, db::DatabaseUrl};

    fn database(folder: &TempDir) -> Db {
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let db = Db::connect(&url, &Config::default().database).unwrap();
        let tables = "CREATE TABLE notes (number BIGINT PRIMARY KEY); CREATE TABLE blobs (bytes BLOB)";
        db.run_here(|conn| conn.batch_execute(tables)).unwrap();
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
    async fn a_write_that_fails_affects_no_other_and_leaves_nothing() {
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
    async fn a_write_that_fails_alone_leaves_nothing() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);
        let fail = |conn: &mut DbConnection| {
            insert(conn, 1)?;
            Err::<(), _>(Error::RollbackTransaction)
        };
        let panic = |conn: &mut DbConnection| {
            insert(conn, 2)?;
            conn.transaction(|_| -> Result<(), Error> { panic!("a bug") })
        };

        let failed = db.write(fail).await;
        let failed_unsynced = db.write_unsynced(fail).await;
        let panicked = db.write(panic).await;
        db.write(|conn| insert(conn, 3)).await.unwrap();

        assert!(failed.is_err() && failed_unsynced.is_err());
        assert!(matches!(panicked, Err(DbError::Aborted(why)) if why == "a bug"));
        assert_eq!(count(&db), 1);
    }

    #[actix_web::test]
    async fn a_write_reported_as_done_is_visible_to_other_connections() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);

        db.write(|conn| insert(conn, 7)).await.unwrap();

        assert_eq!(count(&db), 1);
    }

    #[actix_web::test]
    async fn writes_that_need_no_sync_share_commits_with_those_that_do_and_do_not_weaken_them() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);
        let write = |number: usize| {
            let db = db.clone();
            async move {
                let work = move |conn: &mut DbConnection| insert(conn, number);
                if number.is_multiple_of(2) { db.write(work).await } else { db.write_unsynced(work).await }
            }
        };

        let results = join_all((0..300).map(write)).await;
        db.write_unsynced(|conn| insert(conn, 300)).await.unwrap();
        let sync = |conn: &mut DbConnection| {
            select(sql::<BigInt>("(SELECT synchronous FROM pragma_synchronous)")).get_result::<i64>(conn)
        };
        let level = db.write(sync).await.unwrap();

        assert!(results.iter().all(Result::is_ok));
        assert_eq!(level, 2, "FULL");
        assert_eq!(count(&db), 301);
    }

    #[actix_web::test]
    async fn writes_beside_one_that_finds_the_disk_full_are_reported_as_what_they_are() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);
        let (release, held) = mpsc::channel::<()>();
        // The others wait meanwhile, and share a transaction.
        let first = db.write(move |_| Ok::<_, Error>(held.recv().is_err()));
        let write = |number: usize| {
            db.write(move |conn| {
                insert(conn, number)?;
                if number == 50 { fill_disk(conn) } else { Ok(()) }
            })
        };
        let others = join_all((0..100).map(write));
        let released = async { drop(release) };

        let (_, results, ()) = tokio::join!(first, others, released);

        let mut expected = 0;
        for (number, result) in results.into_iter().enumerate() {
            match result {
                Ok(()) => expected += 1,
                Err(error) => assert!(number <= 50 && matches!(error, DbError::NotWritable(_)), "{number}: {error:?}"),
            }
        }
        assert_eq!((expected, count(&db)), (49, 49));
    }

    #[actix_web::test]
    async fn a_write_that_changes_many_pages_succeeds_beside_others() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);
        // A page each, of which SQLite keeps a copy until the write is done.
        let fill = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000) \
                    INSERT INTO blobs SELECT zeroblob(4000) FROM numbers";
        db.write(move |conn| sql_query(fill).execute(conn)).await.unwrap();
        let (release, held) = mpsc::channel::<()>();
        let first = db.write(move |_| Ok::<_, Error>(held.recv().is_err()));
        let change = db.write(|conn| sql_query("UPDATE blobs SET bytes = randomblob(4000)").execute(conn));
        let insert = db.write(|conn| insert(conn, 1));
        let released = async { drop(release) };

        let (_, changed, inserted, ()) = tokio::join!(first, change, insert, released);

        assert_eq!((changed.unwrap(), inserted.unwrap(), count(&db)), (2000, (), 1));
    }

    /// Fails as if the disk were full.
    fn fill_disk(conn: &mut DbConnection) -> Result<(), Error> {
        conn.batch_execute("PRAGMA max_page_count = 1")?;
        let failed = sql_query("INSERT INTO blobs VALUES (zeroblob(1000000))").execute(conn).map(drop);
        conn.batch_execute("PRAGMA max_page_count = 1000000")?;
        failed
    }

    #[actix_web::test]
    async fn a_write_that_panics_is_an_internal_error_and_affects_no_other() {
        let folder = TempDir::new().unwrap();
        let db = database(&folder);
        let write = |number: usize| {
            db.write(move |conn| {
                insert(conn, number)?;
                assert!(!number.is_multiple_of(3), "a bug");
                if number.is_multiple_of(5) {
                    // A savepoint that the panic leaves open.
                    conn.transaction(|_| -> Result<(), Error> { panic!("a bug within") })?;
                }
                Ok::<_, Error>(number)
            })
        };

        let results = join_all((0..300).map(write)).await;

        for (number, result) in results.iter().enumerate() {
            match result {
                Ok(done) => assert!(*done == number && !number.is_multiple_of(3) && !number.is_multiple_of(5)),
                Err(DbError::Aborted(why)) if number.is_multiple_of(3) => assert_eq!(why, "a bug"),
                Err(DbError::Aborted(why)) => assert!(number.is_multiple_of(5) && why == "a bug within"),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(count(&db), 160);
    }
}
