//! The time until which a write may take effect.

use std::time::{Duration, Instant};

use diesel::{QueryResult, result::Error};

use super::DbConnection;

/// When a request stops waiting for its work in the database. A write that hangs until then, because the server was frozen or
/// another transaction held a lock, must not be committed later: its client may have repeated it.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// This long from now.
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

    /// Whether it has passed.
    pub(super) fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }

    fn check(self) -> QueryResult<()> {
        if self.has_passed() { Err(Error::RollbackTransaction) } else { Ok(()) }
    }
}
