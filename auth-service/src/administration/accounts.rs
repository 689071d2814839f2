//! The changes that may be made to accounts.

use std::time::Duration;

use actix_web::web::Data;
use diesel::QueryResult;
use shared::UnixTime;

use super::{
    account::{Account, Change},
    error::AccountError,
    reset_token::ResetToken,
    store,
    whom::Whom,
};
use crate::{
    audit::{self, actor::Actor, event::Action},
    db::{Db, DbConnection, DbError},
    sessions,
    status::list_keeper::ListKeeper,
};

/// The changes that may be made to accounts: each in one transaction with its line in the audit log, in which no other
/// node makes any. So of two admins who demote each other at the same time one stays, and of two uses of one token one
/// counts.
///
/// In each the user's row is written first and the sessions come second. A login writes the user's row before it makes
/// a session, and a refresh the session's before it reads the user's: whichever is first, no token with what no longer
/// holds is left without a mark.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    /// What this node tells verifiers of tokens, where it does.
    lists: Option<Data<ListKeeper>>,
}

impl Accounts {
    /// Those in this database.
    pub fn new(db: Db) -> Self {
        Self { db, lists: None }
    }

    /// The same on a node that tells verifiers at once which tokens a change has taken back.
    #[must_use]
    pub fn telling(self, lists: Data<ListKeeper>) -> Self {
        Self { lists: Some(lists), ..self }
    }

    /// That account.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], or the database's.
    pub async fn find(&self, whom: Whom) -> Result<Account, AccountError> {
        self.db.run(move |conn| store::find(conn, &whom)).await?.ok_or(AccountError::NoSuchUser)
    }

    /// Changes role and state. Another role makes the user's access tokens stale, and the next refresh brings it;
    /// somebody who is disabled has no sessions any more. The account as it is then.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], [`AccountError::LastAdmin`], or the database's.
    pub async fn change(&self, whom: Whom, change: Change, by: Actor, now: UnixTime) -> Result<Account, AccountError> {
        self.alone(now, move |conn| {
            let Some(before) = store::find(conn, &whom)? else { return Ok(Err(AccountError::NoSuchUser)) };
            let after = before.changed(change);
            if before == after {
                return Ok(Ok(after));
            }
            if !after.is_enabled_admin() && is_last_admin(conn, &before)? {
                return Ok(Err(AccountError::LastAdmin));
            }
            store::update(conn, &after, now)?;
            let mut events = Vec::new();
            if before.role != after.role {
                let roles = format!("{} -> {}", before.role, after.role);
                events.push(by.did(Action::RoleChanged, &after.username).with_detail(roles));
            }
            // Tokens are marked once in a transaction, and the audit log comes last: see `mark_all`.
            match (before.disabled, after.disabled) {
                (false, true) => {
                    let ended = sessions::store::revoke_all_of(conn, after.id, None, now)?;
                    events.push(by.did(Action::UserDisabled, &after.username).with_detail(sessions_ended(ended)));
                }
                (true, false) => events.push(by.did(Action::UserEnabled, &after.username)),
                _ => {}
            }
            if before.role != after.role && !after.disabled {
                sessions::store::mark_claims_stale_of(conn, after.id, now)?;
            }
            for event in events {
                audit::store::insert(conn, &event, now)?;
            }
            Ok(Ok(after))
        })
        .await
    }

    /// Deletes a user and ends all sessions.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], [`AccountError::LastAdmin`], or the database's.
    pub async fn delete(&self, whom: Whom, by: Actor, now: UnixTime) -> Result<(), AccountError> {
        self.alone(now, move |conn| delete(conn, &whom, &by, now)).await
    }

    /// Deletes a user who asks for it in that session.
    ///
    /// # Errors
    /// [`AccountError::SessionRevoked`], and as [`Accounts::delete`].
    pub async fn delete_own(&self, id: i64, session: String, by: Actor, now: UnixTime) -> Result<(), AccountError> {
        self.alone(now, move |conn| {
            if !sessions::store::is_live_of(conn, id, &session, now)? {
                return Ok(Err(AccountError::SessionRevoked));
            }
            delete(conn, &Whom::Numbered(id), &by, now)
        })
        .await
    }

    /// Ends all sessions of a user. How many there were.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], or the database's.
    pub async fn revoke_sessions(&self, whom: Whom, by: Actor, now: UnixTime) -> Result<usize, AccountError> {
        self.alone(now, move |conn| {
            let Some(account) = store::find(conn, &whom)? else { return Ok(Err(AccountError::NoSuchUser)) };
            let ended = sessions::store::revoke_all_of(conn, account.id, None, now)?;
            if ended > 0 {
                let revoked = by.did(Action::SessionsRevoked, &account.username);
                audit::store::insert(conn, &revoked.with_detail(sessions_ended(ended)), now)?;
            }
            Ok(Ok(ended))
        })
        .await
    }

    /// Has a token count with which the user may choose a password anew, until `ttl` has passed; earlier ones no longer
    /// count.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], or the database's.
    pub async fn offer_reset(
        &self,
        whom: Whom,
        token: &ResetToken,
        ttl: Duration,
        by: Actor,
        now: UnixTime,
    ) -> Result<(), AccountError> {
        let token_hash = token.hash();
        self.alone(now, move |conn| {
            let Some(account) = store::find(conn, &whom)? else { return Ok(Err(AccountError::NoSuchUser)) };
            store::void_resets_of(conn, account.id)?;
            store::insert_reset(conn, &token_hash, account.id, now.plus(ttl), now)?;
            audit::store::insert(conn, &by.did(Action::PasswordResetOffered, &account.username), now)?;
            Ok(Ok(()))
        })
        .await
    }

    /// Whether a reset token still counts: asked before the password is hashed, so that made-up tokens cost little.
    ///
    /// # Errors
    /// [`AccountError::InvalidResetToken`] if not, or the database's.
    pub async fn check_reset(&self, token: &ResetToken, now: UnixTime) -> Result<(), AccountError> {
        let token_hash = token.hash();
        let found = self.db.run(move |conn| store::find_reset(conn, &token_hash, now)).await?;
        found.map(drop).ok_or(AccountError::InvalidResetToken)
    }

    /// Uses a reset token: puts the new password in place and ends all sessions.
    ///
    /// # Errors
    /// [`AccountError::InvalidResetToken`] if it no longer counts, or the database's.
    pub async fn reset_password(
        &self,
        token: &ResetToken,
        password_hash: String,
        by: Actor,
        now: UnixTime,
    ) -> Result<(), AccountError> {
        let token_hash = token.hash();
        self.alone(now, move |conn| {
            let account = match store::find_reset(conn, &token_hash, now)? {
                Some(id) => store::find(conn, &Whom::Numbered(id))?,
                None => None,
            };
            let Some(account) = account else { return Ok(Err(AccountError::InvalidResetToken)) };
            let ended = put_password(conn, account.id, &password_hash, None, now)?;
            let reset = by.did(Action::PasswordReset, &account.username);
            audit::store::insert(conn, &reset.with_detail(sessions_ended(ended)), now)?;
            Ok(Ok(()))
        })
        .await
    }

    /// Puts a new password in place and ends all sessions but `kept`.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], or the database's.
    pub async fn change_password(
        &self,
        id: i64,
        password_hash: String,
        kept: String,
        by: Actor,
        now: UnixTime,
    ) -> Result<(), AccountError> {
        self.alone(now, move |conn| {
            let account = store::find(conn, &Whom::Numbered(id))?.filter(|account| !account.disabled);
            let Some(account) = account else { return Ok(Err(AccountError::NoSuchUser)) };
            // Whoever was logged out while the new password was hashed does not get to set it.
            if !sessions::store::is_live_of(conn, id, &kept, now)? {
                return Ok(Err(AccountError::SessionRevoked));
            }
            let ended = put_password(conn, id, &password_hash, Some(&kept), now)?;
            let changed = by.did(Action::PasswordChanged, &account.username);
            audit::store::insert(conn, &changed.with_detail(sessions_ended(ended)), now)?;
            Ok(Ok(()))
        })
        .await
    }

    async fn alone<T: Send + 'static>(
        &self,
        now: UnixTime,
        work: impl FnOnce(&mut DbConnection) -> Result<Result<T, AccountError>, DbError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let done = self.db.write_alone(work).await?;
        if let Some(lists) = self.lists.as_ref().filter(|_| done.is_ok()) {
            lists.follow(now).await;
        }
        done
    }
}

fn delete(
    conn: &mut DbConnection,
    whom: &Whom,
    by: &Actor,
    now: UnixTime,
) -> Result<Result<(), AccountError>, DbError> {
    let Some(account) = store::find(conn, whom)? else { return Ok(Err(AccountError::NoSuchUser)) };
    if is_last_admin(conn, &account)? {
        return Ok(Err(AccountError::LastAdmin));
    }
    store::delete(conn, account.id)?;
    store::void_resets_of(conn, account.id)?;
    sessions::store::revoke_all_of(conn, account.id, None, now)?;
    let deleted = by.did(Action::UserDeleted, &account.username);
    audit::store::insert(conn, &deleted.with_detail(format!("number {}", account.id)), now)?;
    Ok(Ok(()))
}

fn is_last_admin(conn: &mut DbConnection, account: &Account) -> QueryResult<bool> {
    Ok(account.is_enabled_admin() && !store::has_other_enabled_admin(conn, account.id)?)
}

/// What is known of the old password no longer counts. How many sessions ended.
fn put_password(
    conn: &mut DbConnection,
    id: i64,
    password_hash: &str,
    kept: Option<&str>,
    now: UnixTime,
) -> QueryResult<usize> {
    store::set_password_hash(conn, id, password_hash)?;
    store::void_resets_of(conn, id)?;
    sessions::store::revoke_all_of(conn, id, kept, now)
}

fn sessions_ended(count: usize) -> String {
    format!("sessions ended: {count}")
}
