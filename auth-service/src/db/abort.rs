//! Transactions whose work may refuse.

use diesel::result::Error;
use tokio::sync::oneshot;

use super::{Db, DbConnection, DbError};

/// Why work in a transaction stops. What it has written is rolled back.
#[derive(Debug)]
pub enum Abort<E> {
    /// It refuses.
    Refused(E),
    /// The database failed.
    Db(DbError),
}

/// Who else may write while a transaction lasts.
#[derive(Clone, Copy)]
pub enum Lock {
    /// Anybody, to other rows.
    Rows,
    /// No other node in a transaction of this kind: for changes that depend on several rows.
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
    /// Runs `work` in one transaction, which is rolled back if it refuses.
    ///
    /// # Errors
    /// The refusal, and those of [`Db::write`].
    pub async fn transact<T, E>(
        &self,
        lock: Lock,
        work: impl FnOnce(&mut DbConnection) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        // The transaction knows database errors only, so a refusal takes its own way out.
        let (refuse, mut refusal) = oneshot::channel();
        let work = move |conn: &mut DbConnection| {
            work(conn).map_err(|abort| match abort {
                Abort::Db(error) => error,
                Abort::Refused(error) => {
                    // Nobody waits for it once the request is gone.
                    let _ = refuse.send(error);
                    Error::RollbackTransaction.into()
                }
            })
        };
        let done = match lock {
            Lock::Rows => self.write(work).await,
            Lock::AllNodes => self.write_alone(work).await,
        };
        done.map_err(|error| refusal.try_recv().unwrap_or_else(|_| error.into()))
    }
}
