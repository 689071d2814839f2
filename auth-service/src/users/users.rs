//! Adding users.

use diesel::QueryResult;
use shared::{Role, UnixTime};

use super::{error::RegisterError, store, username::Username};
use crate::{
    audit::event::Event,
    db::{Abort, DbConnection, is_unique_violation},
    unit_of_work::{Tx, UnitOfWork},
};

/// Adds users, each in one unit of work with its audit event.
#[derive(Clone)]
pub struct Users {
    work: UnitOfWork,
}

/// A user to add.
pub struct NewUser {
    /// The name.
    pub username: Username,
    /// A PHC string.
    pub password_hash: String,
    /// The role.
    pub role: Role,
    /// The line in the audit log.
    pub event: Event,
}

impl Users {
    /// The users of the database that `work` changes.
    pub fn new(work: UnitOfWork) -> Self {
        Self { work }
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`RegisterError::UsernameTaken`], or database errors.
    pub async fn add(&self, user: NewUser, now: UnixTime) -> Result<(), RegisterError> {
        self.work.run(now, move |tx| insert(tx, user, now)).await
    }

    /// Adds these users if `condition` holds, and returns whether it did. Of several nodes that try concurrently, one does.
    ///
    /// # Errors
    /// [`RegisterError::UsernameTaken`], or database errors.
    pub async fn add_if(
        &self,
        condition: fn(&mut DbConnection) -> QueryResult<bool>,
        users: Vec<NewUser>,
        now: UnixTime,
    ) -> Result<bool, RegisterError> {
        self.work
            .run_alone(now, move |tx| {
                let is_wanted = condition(tx)?;
                if is_wanted {
                    users.into_iter().try_for_each(|user| insert(tx, user, now))?;
                }
                Ok(is_wanted)
            })
            .await
    }
}

fn insert(tx: &mut Tx<'_>, user: NewUser, now: UnixTime) -> Result<(), Abort<RegisterError>> {
    let NewUser { username, password_hash, role, event } = user;
    store::insert(tx, &username, &password_hash, &role, now).map_err(|error| {
        if is_unique_violation(&error) { Abort::Refused(RegisterError::UsernameTaken) } else { error.into() }
    })?;
    tx.audit(event);
    Ok(())
}
