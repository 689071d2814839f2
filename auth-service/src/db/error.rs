//! Database failures.

use diesel::result::{DatabaseErrorKind, Error};
use service_kit::ApiError;

/// Database errors.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// All connections, or SQLite's single writer, were in use for too long.
    #[error("timed out waiting for the database")]
    Busy,
    /// The database did not respond in time. It may still do what it was asked for.
    #[error("the database did not respond in time")]
    TimedOut,
    /// The database cannot be reached, or the connection was lost.
    #[error("cannot connect to the database: {0}")]
    Unreachable(String),
    /// The work panicked, or its thread has ended: an internal error, not overload.
    #[error("the database operation was aborted: {0}")]
    Aborted(String),
    /// The disk of the database is full, or it cannot be written for another reason that the client has no part in. Nothing was
    /// changed.
    #[error("cannot write to the database: {0}")]
    NotWritable(String),
    /// Everything else.
    #[error("database error: {0}")]
    Query(#[source] Error),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        if is_broken(&error) {
            Self::Unreachable(error.to_string())
        } else if is_lock_timeout(&error) {
            Self::Busy
        } else if let Some(why) = write_failure(&error) {
            Self::NotWritable(why)
        } else {
            Self::Query(error)
        }
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy => Self::unavailable("busy", "Service overloaded, retry later").because(error),
            DbError::TimedOut => {
                let message = "The database did not respond in time, and may still carry out the request";
                Self::unavailable("database_unavailable", message).because(error)
            }
            DbError::Unreachable(_) | DbError::NotWritable(_) => {
                Self::unavailable("database_unavailable", "The database is temporarily unavailable").because(error)
            }
            DbError::Aborted(_) | DbError::Query(_) => Self::internal(error),
        }
    }
}

/// Whether the connection can no longer be used.
pub(super) fn is_broken(error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(error, Error::DatabaseError(ClosedConnection | UnableToSendCommand, _) | Error::BrokenTransactionManager)
}

/// Whether a lock was held for longer than the timeout, or this transaction was the victim of a deadlock.
///
/// diesel does not expose PostgreSQL's SQLSTATE (it has no [`DatabaseErrorKind`] for 40P01 and 55P03), and reading it from
/// libpq takes `unsafe`. So messages are compared; `connection.rs` asks the server for English ones. SQLite's are never
/// translated.
pub(super) fn is_lock_timeout(error: &Error) -> bool {
    const MESSAGES: [&str; 3] = ["database is locked", "deadlock detected", "canceling statement due to lock timeout"];
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => MESSAGES.contains(&info.message()),
        _ => false,
    }
}

/// What PostgreSQL says of a server that is read-only (25006), such as a primary that has become a standby.
const READ_ONLY: &str = "in a read-only transaction";

/// Whether [`DbError::NotWritable`] is about the server, not about its disk.
pub(super) fn is_read_only_server(why: &str) -> bool {
    why.contains(READ_ONLY)
}

/// What PostgreSQL says of a full disk (SQLSTATE 53100) or a server that is read-only (25006), and SQLite of its file.
fn write_failure(error: &Error) -> Option<String> {
    const PARTS: [&str; 8] = [
        "No space left on device",
        "database or disk is full",
        "disk I/O error",
        "attempt to write a readonly database",
        "unable to open database file",
        READ_ONLY,
        "during recovery",
        "Read-only file system",
    ];
    match error {
        Error::DatabaseError(_, info) if PARTS.iter().any(|part| info.message().contains(part)) => {
            Some(info.message().to_owned())
        }
        _ => None,
    }
}

impl From<r2d2::Error> for DbError {
    /// No connection became free in time. If connecting failed, the pool appends the reason after a colon.
    fn from(error: r2d2::Error) -> Self {
        let text = error.to_string();
        match text.split_once(": ") {
            Some((_, why)) => Self::Unreachable(why.trim().to_owned()),
            None => Self::Busy,
        }
    }
}

/// Whether it is a unique violation.
pub fn is_unique_violation(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
