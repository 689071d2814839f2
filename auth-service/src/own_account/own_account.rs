//! What users can change of their own accounts.

use std::sync::Arc;

use shared::{AuthError, UnixTime};

use crate::{
    administration::{
        account_passwords::set_password,
        accounts::{delete, sessions_ended},
        error::AccountError,
        user_ref::UserRef,
    },
    audit::event::Action,
    authority::signed_in::SignedIn,
    client_info::ClientInfo,
    db::{Abort, DbConnection},
    ids::UserId,
    sessions::{
        session_tokens::{Freshness, IssuedTokens, SessionTokens, insert_access_token},
        sessions::Sessions,
        store as sessions,
    },
    unit_of_work::UnitOfWork,
    users::{
        authentication::{Authenticated, AuthenticationError},
        hash_queue::Priority,
        password::Password,
        password_hasher::PasswordHasher,
        password_policy::NewPassword,
        store as users,
    },
};

/// Changes users' own accounts: each asks for the password, since a token alone does not prove ownership.
pub struct OwnAccount {
    sessions: Arc<Sessions>,
    tokens: Arc<SessionTokens>,
    hasher: PasswordHasher,
    work: UnitOfWork,
}

impl OwnAccount {
    /// The accounts in the database that `work` changes.
    pub fn new(sessions: Arc<Sessions>, tokens: Arc<SessionTokens>, hasher: PasswordHasher, work: UnitOfWork) -> Self {
        Self { sessions, tokens, hasher, work }
    }

    /// Sets a new password, and ends all other sessions. The present one goes on with new tokens; a refresh token that was
    /// issued before is dead.
    ///
    /// # Errors
    /// [`AccountError::WrongPassword`], which the audit log notes; [`AccountError::Unauthorized`] for a user who was logged out
    /// in the meantime; that no password can be hashed or token signed; or database errors.
    pub async fn change_password(
        &self,
        me: SignedIn,
        current: Password,
        new: NewPassword,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<IssuedTokens, AccountError> {
        let who = self.check(&me, current, client, "wrong password at a change of password", now).await?;
        let password_hash = self.hasher.hash(new, Priority::Known(0)).await.map_err(AuthenticationError::from)?;
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let changed = self.work.run_alone_as(me.authority, now, move |tx, by| {
            demand_password_hash(tx, me.user, &who.checked)?;
            let (ended, changes) = set_password(tx, me.user, &password_hash, Some(me.session), now)?;
            let user = users::find_enabled(tx, me.user)?.ok_or(AuthError::UserNotFound)?;
            let session = sessions::renew(tx, me.session, lifetimes.idle_end(now), now)?.ok_or(AuthError::Revoked)?;
            let entry = insert_access_token(tx, &session, entry, lifetimes, now)?;
            tx.audit(by.did_to_own_account(Action::PasswordChanged).with_detail(sessions_ended(ended)));
            Ok::<_, Abort<AccountError>>((user, session, entry, changes))
        });
        let (user, session, entry, changes) = changed.await?;
        let device_token = Some(self.sessions.new_device_token(me.user, changes, now));
        let tokens = self.tokens.token_pair(&user, &session, entry, Freshness::Fresh, now)?;
        Ok(IssuedTokens { device_token, ..tokens })
    }

    /// Deletes the account, and ends all its sessions.
    ///
    /// # Errors
    /// [`AccountError::WrongPassword`], which the audit log notes; [`AccountError::LastAdmin`]; [`AccountError::Unauthorized`]
    /// for a user who was logged out in the meantime; that no password can be checked; or database errors.
    pub async fn delete(
        &self,
        me: SignedIn,
        password: Password,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<(), AccountError> {
        let who = self.check(&me, password, client, "wrong password at the deletion of the account", now).await?;
        self.work
            .run_alone_as(me.authority, now, move |tx, by| {
                demand_password_hash(tx, me.user, &who.checked)?;
                delete(tx, &UserRef::Id(me.user), by, now)
            })
            .await
    }

    async fn check(
        &self,
        me: &SignedIn,
        password: Password,
        client: ClientInfo,
        refusal: &'static str,
        now: UnixTime,
    ) -> Result<Authenticated, AccountError> {
        let who =
            self.sessions.check_again((me.user, &me.username, me.session), password, client, refusal, now).await?;
        who.ok_or(AccountError::WrongPassword)
    }
}

/// A password that was replaced while this one was checked is no longer the user's.
fn demand_password_hash(conn: &mut DbConnection, user: UserId, checked: &str) -> Result<(), Abort<AccountError>> {
    if users::find_password_hash(conn, user)?.as_deref() == Some(checked) {
        Ok(())
    } else {
        Err(AccountError::WrongPassword.into())
    }
}
