//! Until when a write may take effect.

use std::time::{Duration, Instant};

use diesel::{QueryResult, result::Error};

use super::DbConnection;

/// When the request that waits for some work gives it up. A write that hangs until then, because the server was frozen or another
/// transaction held a lock, must not be committed later: its client has repeated it by then.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// In so much time from now.
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The same work, but it fails if it begins or ends too late, so that its transaction is rolled back.
    pub(super) fn bound<T, E: From<Error>>(
        self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> impl FnOnce(&mut DbConnection) -> Result<T, E> {
        move |conn| {
            self.check()?;
            let done = work(conn)?;
            self.check()?;
            Ok(done)
        }
    }

    fn check(self) -> QueryResult<()> {
        if Instant::now() < self.0 { Ok(()) } else { Err(Error::RollbackTransaction) }
    }
}
