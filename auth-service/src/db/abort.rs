//! Transactions that the use case can abort.

use diesel::result::Error;
use tokio::sync::oneshot;

use super::{Db, DbConnection, DbError};

/// Why work in a transaction stops. What it has written is rolled back.
#[derive(Debug)]
pub enum Abort<E> {
    /// The use case aborts.
    Refused(E),
    /// The database failed.
    Db(DbError),
}

/// Which other transactions may run at the same time.
#[derive(Clone, Copy)]
pub enum Lock {
    /// Any, on other rows.
    Rows,
    /// None of this kind on any node: for changes that depend on several rows.
    AllNodes,
}

impl<E> From<DbError> for Abort<E> {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl<E> From<Error> for Abort<E> {
    fn from(error: Error) -> Self {
        Self::Db(error.into())
    }
}

impl Db {
    /// Runs `work`, which only reads, on one snapshot of the database.
    ///
    /// # Errors
    /// The error of `work`, and those of [`Db::run`].
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (work, mut refusal) = with_refusal(work);
        let done = self.run_on_snapshot(work).await;
        done.map_err(|error| refusal.try_recv().unwrap_or_else(|_| error.into()))
    }

    /// Runs `work` in one transaction, which is rolled back if it aborts.
    ///
    /// # Errors
    /// The error of `work`, and those of [`Db::write`].
    pub async fn transact<T, E>(
        &self,
        lock: Lock,
        work: impl FnOnce(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (work, mut refusal) = with_refusal(work);
        let done = match lock {
            Lock::Rows => self.write(work).await,
            Lock::AllNodes => self.write_alone(work).await,
        };
        done.map_err(|error| refusal.try_recv().unwrap_or_else(|_| error.into()))
    }
}

/// A transaction only has database errors, so other errors are returned separately.
fn with_refusal<T, E>(
    work: impl FnOnce(&mut DbConnection) -> Result<T, Abort<E>>,
) -> (impl FnOnce(&mut DbConnection) -> Result<T, DbError>, oneshot::Receiver<E>) {
    let (refuse, refusal) = oneshot::channel();
    let work = move |conn: &mut DbConnection| {
        work(conn).map_err(|abort| match abort {
            Abort::Db(error) => error,
            Abort::Refused(error) => {
                // The request may have been cancelled.
                let _ = refuse.send(error);
                Error::RollbackTransaction.into()
            }
        })
    };
    (work, refusal)
}
