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
mod tests;
