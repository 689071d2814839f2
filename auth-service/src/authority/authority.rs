//! On whose authority something is done.

use diesel::QueryResult;
use shared::{AuthError, UnixTime};

use super::store;
use crate::{
    audit::actor::Actor,
    db::{Abort, Db, DbConnection, DbError},
    ids::{SessionId, UserId},
};

/// On whose authority something is done.
///
/// A request's token is checked when its head has arrived. Before the body is there, or a password is hashed, seconds may pass
/// in which the user loses the role, the session or the account. So an authority counts only where it is judged again: in the
/// transaction that makes a change, or on the snapshot that is read. Nothing else turns it into an [`Actor`], which every
/// change needs for the audit log.
#[derive(Clone)]
pub struct Authority(Basis);

/// The message for callers who are not admins.
pub(super) const NOT_ADMIN: &str = "Admin access required";

/// The message for applications that are not the operator's own.
const FOREIGN: &str = "This application may not act on accounts";

#[derive(Clone)]
enum Basis {
    Operator,
    Session(Claim),
}

/// What a request's token says.
#[derive(Clone)]
pub struct Claim {
    /// The user.
    pub user: UserId,
    /// The name. Numbers are issued again after a backup was restored; the name tells whose token it is.
    pub username: String,
    /// The session.
    pub session: SessionId,
    /// The address of the request.
    pub address: Option<String>,
    /// What the user has to be.
    pub right: Right,
}

/// What a user has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Just themselves: it is their own account.
    OwnAccount,
    /// An admin.
    Admin,
    /// Just themselves, through any application: who they are.
    Profile,
}

impl Authority {
    /// That of the operator, who could change the database as well.
    pub fn operator() -> Self {
        Self(Basis::Operator)
    }

    /// That of a user in a session.
    pub fn claimed(claim: Claim) -> Self {
        Self(Basis::Session(claim))
    }

    /// Judges it in the transaction that makes the change. The user and the session are locked until that ends, so that a
    /// demotion or a logout either precedes the change, or follows it.
    ///
    /// # Errors
    /// [`AuthError`] if the user or the session may no longer do this, and database errors.
    pub fn confirm<E: From<AuthError>>(&self, conn: &mut DbConnection, now: UnixTime) -> Result<Actor, Abort<E>> {
        if let Basis::Session(claim) = &self.0 {
            store::lock(conn, claim.user, claim.session)?;
        }
        self.judge(conn, now)
    }

    /// Reads on one snapshot of the database, on which this is judged as well.
    ///
    /// # Errors
    /// [`AuthError`] if the user or the session may no longer do this, and database errors.
    pub async fn read<T, E>(
        self,
        db: &Db,
        now: UnixTime,
        work: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<AuthError> + From<DbError> + Send + 'static,
    {
        db.read(move |conn| {
            self.judge::<E>(conn, now)?;
            Ok(work(conn)?)
        })
        .await
    }

    fn judge<E: From<AuthError>>(&self, conn: &mut DbConnection, now: UnixTime) -> Result<Actor, Abort<E>> {
        match &self.0 {
            Basis::Operator => Ok(Actor::command_line()),
            Basis::Session(claim) => claim.judge(conn, now)?.map_err(|error| Abort::Refused(error.into())),
        }
    }
}

impl Claim {
    fn judge(&self, conn: &mut DbConnection, now: UnixTime) -> QueryResult<Result<Actor, AuthError>> {
        let user = store::find_enabled(conn, self.user)?.filter(|user| user.username == self.username);
        let Some(user) = user else { return Ok(Err(AuthError::UserNotFound)) };
        let Some(session) = store::find_live(conn, self.user, self.session, now)? else {
            return Ok(Err(AuthError::Revoked));
        };
        if session.is_foreign && self.right != Right::Profile {
            return Ok(Err(AuthError::forbidden(FOREIGN)));
        }
        if self.right == Right::Admin && !user.is_admin {
            return Ok(Err(AuthError::forbidden(NOT_ADMIN)));
        }
        Ok(Ok(Actor::named(user.username, self.address.clone())))
    }
}
