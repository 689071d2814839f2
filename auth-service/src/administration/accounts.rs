//! Changes of accounts.

use diesel::QueryResult;
use shared::UnixTime;

use super::{
    account::{Account, Change},
    error::AccountError,
    store,
    user_ref::UserRef,
};
use crate::{
    audit::{actor::Actor, event::Action},
    authority::authority::Authority,
    db::{Abort, Db, DbConnection},
    sessions::revocation,
    unit_of_work::{Tx, UnitOfWork},
};

/// Changes accounts: each in one unit of work, one at a time across all nodes. So of two admins who demote each other at the
/// same time one remains, and of two uses of one reset token one succeeds.
#[derive(Clone)]
pub struct Accounts {
    pub(super) db: Db,
    pub(super) work: UnitOfWork,
}

impl Accounts {
    /// The accounts in this database.
    pub fn new(db: Db, work: UnitOfWork) -> Self {
        Self { db, work }
    }

    /// That account.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], [`AccountError::Unauthorized`], or database errors.
    pub async fn find(&self, user: UserRef, by: Authority, now: UnixTime) -> Result<Account, AccountError> {
        let found = by.read::<_, AccountError>(&self.db, now, move |conn| store::find(conn, &user)).await?;
        found.ok_or(AccountError::NoSuchUser)
    }

    /// Changes role and state, and returns the updated account. A new role makes the user's access tokens stale, and the next
    /// refresh returns it; disabling ends all sessions.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], [`AccountError::LastAdmin`], [`AccountError::Unauthorized`], or database errors.
    pub async fn change(
        &self,
        user: UserRef,
        change: Change,
        by: Authority,
        now: UnixTime,
    ) -> Result<Account, AccountError> {
        self.work
            .run_alone_as(by, now, move |tx, by| {
                let before = store::find(tx, &user)?.ok_or(AccountError::NoSuchUser)?;
                let after = before.changed(change);
                if before == after {
                    return Ok(after);
                }
                if !after.is_enabled_admin() && is_last_admin(tx, &before)? {
                    return Err(AccountError::LastAdmin.into());
                }
                store::update(tx, &after, now)?;
                let has_new_role = before.role != after.role;
                if has_new_role {
                    let roles = format!("{} -> {}", before.role, after.role);
                    tx.audit(by.did(Action::RoleChanged, &after.username).with_detail(roles));
                }
                match (before.disabled, after.disabled) {
                    (false, true) => {
                        let ended = revocation::end_all_of(tx, after.id, None, now)?;
                        tx.audit(by.did(Action::UserDisabled, &after.username).with_detail(sessions_ended(ended)));
                    }
                    (true, false) => tx.audit(by.did(Action::UserEnabled, &after.username)),
                    _ => {}
                }
                if has_new_role && !after.disabled {
                    revocation::mark_claims_stale_of(tx, after.id)?;
                }
                Ok(after)
            })
            .await
    }

    /// Deletes a user and ends all sessions.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], [`AccountError::LastAdmin`], [`AccountError::Unauthorized`], or database errors.
    pub async fn delete(&self, user: UserRef, by: Authority, now: UnixTime) -> Result<(), AccountError> {
        self.work.run_alone_as(by, now, move |tx, by| delete(tx, &user, by, now)).await
    }

    /// Ends all sessions of a user. Returns their number.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], [`AccountError::Unauthorized`], or database errors.
    pub async fn revoke_sessions(&self, user: UserRef, by: Authority, now: UnixTime) -> Result<usize, AccountError> {
        self.work
            .run_alone_as(by, now, move |tx, by| {
                let account = store::find(tx, &user)?.ok_or(AccountError::NoSuchUser)?;
                let ended = revocation::end_all_of(tx, account.id, None, now)?;
                if ended > 0 {
                    tx.audit(by.did(Action::SessionsRevoked, &account.username).with_detail(sessions_ended(ended)));
                }
                Ok(ended)
            })
            .await
    }
}

/// Deletes a user and ends all sessions.
///
/// # Errors
/// [`AccountError::NoSuchUser`], [`AccountError::LastAdmin`], or database errors.
pub fn delete(tx: &mut Tx<'_>, user: &UserRef, by: &Actor, now: UnixTime) -> Result<(), Abort<AccountError>> {
    let account = store::find(tx, user)?.ok_or(AccountError::NoSuchUser)?;
    if is_last_admin(tx, &account)? {
        return Err(AccountError::LastAdmin.into());
    }
    store::delete(tx, account.id, now)?;
    store::void_resets_of(tx, account.id)?;
    revocation::end_all_of(tx, account.id, None, now)?;
    tx.audit(by.did(Action::UserDeleted, &account.username).with_detail(format!("number {}", account.id)));
    Ok(())
}

fn is_last_admin(conn: &mut DbConnection, account: &Account) -> QueryResult<bool> {
    Ok(account.is_enabled_admin() && !store::has_other_enabled_admin(conn, account.id)?)
}

/// A detail for the audit log.
pub fn sessions_ended(count: usize) -> String {
    format!("sessions ended: {count}")
}
