//! What can go wrong with a database.

use diesel::result::{DatabaseErrorKind, Error};
use service_kit::ApiError;

/// What can go wrong with the database, apart from what a query itself means.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// All connections, or SQLite's one right to write, were in use for too long.
    #[error("the database was busy for too long")]
    Busy,
    /// The database cannot be reached, or went away.
    #[error("the database is not there: {0}")]
    Unreachable(String),
    /// Everything else.
    #[error("the database refused")]
    Query(#[source] Error),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        if is_broken(&error) {
            Self::Unreachable(error.to_string())
        } else if is_locked(&error) {
            Self::Busy
        } else {
            Self::Query(error)
        }
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy => Self::unavailable("busy", "Service overloaded, retry later").because(error),
            DbError::Unreachable(_) => {
                Self::unavailable("database_unavailable", "The database is temporarily unavailable").because(error)
            }
            DbError::Query(_) => Self::internal(error),
        }
    }
}

/// Whether the connection is of no use any more.
pub(super) fn is_broken(error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(error, Error::DatabaseError(ClosedConnection | UnableToSendCommand, _) | Error::BrokenTransactionManager)
}

/// Whether other writes kept a lock past the timeout, or two waited for each other, which diesel tells by the database's
/// words alone.
pub(super) fn is_locked(error: &Error) -> bool {
    const WORDS: [&str; 3] = ["database is locked", "deadlock detected", "canceling statement due to lock timeout"];
    matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, told) if WORDS.contains(&told.message()))
}

impl From<r2d2::Error> for DbError {
    /// No connection in time. Where connections could not be made either, the pool says why, behind a colon.
    fn from(error: r2d2::Error) -> Self {
        let text = error.to_string();
        match text.split_once(": ") {
            Some((_, why)) => Self::Unreachable(why.trim().to_owned()),
            None => Self::Busy,
        }
    }
}

/// Whether a unique column had the value already.
pub fn is_unique_violation(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
