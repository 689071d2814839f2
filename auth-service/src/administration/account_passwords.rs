//! Changes of accounts' passwords.

use std::{io, time::Duration};

use diesel::QueryResult;
use shared::UnixTime;

use super::{
    accounts::{Accounts, sessions_ended},
    error::AccountError,
    reset_token::ResetToken,
    store,
    user_ref::UserRef,
};
use crate::{
    audit::{actor::Actor, event::Action},
    authority::authority::Authority,
    ids::{SessionId, UserId},
    sessions::revocation,
    unit_of_work::Tx,
    users::store as users,
};

impl Accounts {
    /// Issues a password reset token that is valid for `ttl`; earlier ones become invalid. `hand_over` gets it before the change is
    /// committed, so that a token that nobody received is never valid.
    ///
    /// # Errors
    /// [`AccountError::NoSuchUser`], [`AccountError::Unauthorized`], [`AccountError::NotHandedOver`], or database errors.
    pub async fn offer_reset(
        &self,
        user: UserRef,
        token: ResetToken,
        ttl: Duration,
        by: Authority,
        now: UnixTime,
        hand_over: impl FnOnce(&ResetToken) -> io::Result<()> + Send + 'static,
    ) -> Result<(), AccountError> {
        self.work
            .run_alone_as(by, now, move |tx, by| {
                let account = store::find(tx, &user)?.ok_or(AccountError::NoSuchUser)?;
                store::void_resets_of(tx, account.id)?;
                store::insert_reset(tx, &token.hash(), account.id, now.plus(ttl), now)?;
                tx.audit(by.did(Action::PasswordResetOffered, &account.username));
                hand_over(&token).map_err(|error| AccountError::NotHandedOver(error).into())
            })
            .await
    }

    /// Whose password a reset token sets. To be asked before the password is hashed, so that invented tokens are cheap.
    ///
    /// # Errors
    /// [`AccountError::InvalidResetToken`] if it is invalid, or database errors.
    pub async fn check_reset(&self, token: &ResetToken, now: UnixTime) -> Result<String, AccountError> {
        let token_hash = token.hash();
        let found = self.db.run(move |conn| {
            let user = store::find_reset(conn, &token_hash, now)?;
            user.map(|user| users::find_username(conn, user)).transpose()
        });
        found.await?.flatten().ok_or(AccountError::InvalidResetToken)
    }

    /// Uses a reset token: sets the new password and ends all sessions.
    ///
    /// # Errors
    /// [`AccountError::InvalidResetToken`] if it is no longer valid, or database errors.
    pub async fn reset_password(
        &self,
        token: &ResetToken,
        password_hash: String,
        by: Actor,
        now: UnixTime,
    ) -> Result<(), AccountError> {
        let token_hash = token.hash();
        self.work
            .run_alone(now, move |tx| {
                let id = store::find_reset(tx, &token_hash, now)?.ok_or(AccountError::InvalidResetToken)?;
                let account = store::find(tx, &UserRef::Id(id))?.ok_or(AccountError::InvalidResetToken)?;
                let (ended, _) = set_password(tx, id, &password_hash, None, now)?;
                tx.audit(by.did(Action::PasswordReset, &account.username).with_detail(sessions_ended(ended)));
                Ok(())
            })
            .await
    }
}

/// Sets a new password. Whatever the old one gave access to ends: reset tokens, device tokens, and sessions but `kept`. How many
/// sessions there were, and how often the password has been changed.
///
/// # Errors
/// Database errors.
pub fn set_password(
    tx: &mut Tx<'_>,
    id: UserId,
    password_hash: &str,
    kept: Option<SessionId>,
    now: UnixTime,
) -> QueryResult<(usize, i64)> {
    let changes = store::set_password_hash(tx, id, password_hash)?;
    store::void_resets_of(tx, id)?;
    Ok((revocation::end_all_of(tx, id, kept, now)?, changes))
}
