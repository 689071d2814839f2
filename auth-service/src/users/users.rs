//! Adding users.

use diesel::QueryResult;
use shared::{Role, UnixTime};

use super::{error::RegisterError, store, username::Username};
use crate::{
    audit::{
        actor::Actor,
        event::{Action, Event},
    },
    authority::authority::Authority,
    db::{Abort, Db, DbConnection, DbError, is_unique_violation},
    unit_of_work::{Tx, UnitOfWork},
};

/// Adds users, each in one unit of work with its audit event.
#[derive(Clone)]
pub struct Users {
    db: Db,
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
}

impl NewUser {
    /// The line in the audit log for a user that somebody else creates.
    pub fn created_by(&self, actor: &Actor) -> Event {
        actor.did(Action::UserCreated, self.username.as_str()).with_detail(self.role.as_str())
    }
}

impl Users {
    /// The users of this database.
    pub fn new(db: Db, work: UnitOfWork) -> Self {
        Self { db, work }
    }

    /// Whether a user has that name.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_taken(&self, username: Username) -> Result<bool, DbError> {
        Ok(self.db.run(move |conn| store::find_by_username(conn, &username)).await?.is_some())
    }

    /// Adds a user who registers from this address.
    ///
    /// # Errors
    /// [`RegisterError::UsernameTaken`], or database errors.
    pub async fn register(&self, user: NewUser, address: Option<String>, now: UnixTime) -> Result<(), RegisterError> {
        let actor = Actor::named(user.username.as_str(), address);
        let event = actor.did_to_own_account(Action::Registered);
        self.work.run(now, move |tx| insert(tx, user, event, now)).await
    }

    /// Adds a user on that authority.
    ///
    /// # Errors
    /// [`RegisterError::UsernameTaken`], [`RegisterError::Unauthorized`], or database errors.
    pub async fn add_as(&self, by: Authority, user: NewUser, now: UnixTime) -> Result<(), RegisterError> {
        self.work
            .run_as(by, now, move |tx, by| {
                let event = user.created_by(by);
                insert(tx, user, event, now)
            })
            .await
    }

    /// Adds these users if `condition` holds, and returns whether it did. Of several nodes that try concurrently, one does.
    ///
    /// # Errors
    /// [`RegisterError::UsernameTaken`], or database errors.
    pub async fn add_if(
        &self,
        condition: fn(&mut DbConnection) -> QueryResult<bool>,
        users: Vec<NewUser>,
        by: Actor,
        now: UnixTime,
    ) -> Result<bool, RegisterError> {
        self.work
            .run_alone(now, move |tx| {
                let is_wanted = condition(tx)?;
                if is_wanted {
                    for user in users {
                        let event = user.created_by(&by);
                        insert(tx, user, event, now)?;
                    }
                }
                Ok(is_wanted)
            })
            .await
    }
}

fn insert(tx: &mut Tx<'_>, user: NewUser, event: Event, now: UnixTime) -> Result<(), Abort<RegisterError>> {
    let NewUser { username, password_hash, role } = user;
    let id = store::insert(tx, &username, &password_hash, &role, now).map_err(|error| {
        if is_unique_violation(&error) { Abort::Refused(RegisterError::UsernameTaken) } else { error.into() }
    })?;
    // The insertion has waited for other registrations, and for the deletion of a user of that name.
    if store::is_deleted_name(tx, &username)? || store::has_look_alike(tx, &username, id)? {
        return Err(Abort::Refused(RegisterError::UsernameTaken));
    }
    tx.audit(event);
    Ok(())
}
