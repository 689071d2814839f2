//! Work in the database, of one type whatever it returns.

use std::any::Any;

use super::{DbConnection, DbError};

/// Work that is done once.
///
/// It has one type, so that what runs it (tasks, timeouts, transactions) is compiled once and not for each of a hundred use
/// cases.
pub(super) type Work = Box<dyn FnOnce(&mut DbConnection) -> Result<Done, DbError> + Send>;

/// Work that may be repeated.
pub(super) type Query = Box<dyn Fn(&mut DbConnection) -> Result<Done, DbError> + Send>;

/// What work has returned.
pub(super) struct Done(Box<dyn Any + Send>);

/// This work, which returns a `T`.
pub(super) fn work<T: Send + 'static, E: Into<DbError>>(
    work: impl FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
) -> Work {
    Box::new(move |conn| work(conn).map(Done::of).map_err(Into::into))
}

/// As [`work`].
pub(super) fn query<T: Send + 'static, E: Into<DbError>>(
    work: impl Fn(&mut DbConnection) -> Result<T, E> + Send + 'static,
) -> Query {
    Box::new(move |conn| work(conn).map(Done::of).map_err(Into::into))
}

impl Done {
    fn of(result: impl Send + 'static) -> Self {
        Self(Box::new(result))
    }

    /// The result of work that returns a `T`.
    ///
    /// # Errors
    /// [`DbError::Aborted`] if it returns something else.
    pub(super) fn get<T: 'static>(self) -> Result<T, DbError> {
        let wrong = |_| DbError::Aborted("the result has another type".to_owned());
        self.0.downcast().map(|result| *result).map_err(wrong)
    }
}
