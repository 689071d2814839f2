//! Logins and reauthentication.

use service_kit::error_chain;
use shared::{AuthError, UnixTime, User};

use super::{
    error::SessionError,
    session_tokens::{Freshness, IssuedTokens, insert_access_token},
    sessions::Sessions,
    store,
};
use crate::{
    audit::{
        actor::Actor,
        event::{Action, Event},
    },
    client_info::ClientInfo,
    counters::AUDIT_FAILURES,
    db::{Abort, DbError},
    ids::{SessionId, UserId},
    users::{
        authentication::{Authenticated, AuthenticationError, Outcome, authenticate},
        password::Password,
        store as users,
        username::Username,
    },
};

impl Sessions {
    /// A user that changes while the password is checked is checked again, up to this many times in all.
    const LOGIN_ATTEMPTS: usize = 3;

    /// Begins a session with a username and a password.
    ///
    /// # Errors
    /// [`SessionError::InvalidCredentials`] and [`SessionError::UserDisabled`], which are recorded in the audit log; or an
    /// error if the password cannot be verified at present.
    pub async fn log_in(
        &self,
        username: &str,
        password: Password,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<IssuedTokens, SessionError> {
        for _ in 0..Self::LOGIN_ATTEMPTS {
            let who = match authenticate(&self.db, &self.hasher, username, password.clone()).await? {
                Outcome::Right(who) => who,
                Outcome::Disabled => {
                    self.note_failed_login(username, client, "disabled", now).await;
                    return Err(SessionError::UserDisabled);
                }
                Outcome::Wrong => break,
            };
            if let Some(tokens) = self.begin(who, client.clone(), now).await? {
                return Ok(tokens);
            }
        }
        self.note_failed_login(username, client, "wrong username or password", now).await;
        Err(SessionError::InvalidCredentials)
    }

    /// Returns `None` if the user has been disabled or deleted, or the password changed, in the meantime.
    async fn begin(
        &self,
        who: Authenticated,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<Option<IssuedTokens>, SessionError> {
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let session = lifetimes.new_session(who.user_id, client.clone(), now);
        let begun = self.work.run(now, move |tx| {
            let Some(user) = users::note_login(tx, who.user_id, &who.checked, who.rehashed.as_deref(), now)? else {
                return Ok::<_, Abort<SessionError>>(None);
            };
            store::insert(tx, &session)?;
            insert_access_token(tx, &session, entry, lifetimes, now)?;
            let actor = Actor::named(&user.username, client.address);
            tx.audit(actor.did(Action::LoggedIn, &user.username).with_detail(format!("session {}", session.id)));
            Ok(Some((user, session)))
        });
        let Some((user, session)) = begun.await? else { return Ok(None) };
        Ok(Some(self.tokens.token_pair(&user, &session, entry, Freshness::Fresh, now)?))
    }

    /// A fresh access token for a session, in exchange for its user's password. The refresh token stays valid.
    ///
    /// # Errors
    /// [`SessionError::InvalidCredentials`], recorded in the audit log; [`SessionError::Refused`] if the session has ended.
    pub async fn reauthenticate(
        &self,
        user: &User,
        session: SessionId,
        password: Password,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<IssuedTokens, SessionError> {
        let name = (user.id.into(), &*user.username);
        let who = self.check_again(name, password, client, "wrong password at re-authentication", now).await?;
        let who = who.ok_or(SessionError::InvalidCredentials)?;
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let noted = self.work.run(now, move |tx| {
            let user = users::note_login(tx, who.user_id, &who.checked, who.rehashed.as_deref(), now)?
                .ok_or(SessionError::InvalidCredentials)?;
            let session = store::note_authentication(tx, session, now)?
                .filter(|session| session.user_id == who.user_id)
                .ok_or(SessionError::Refused(AuthError::Revoked))?;
            insert_access_token(tx, &session, entry, lifetimes, now)?;
            Ok((user, session))
        });
        let (user, session) = noted.await?;
        Ok(self.tokens.access_token(&user, &session, entry, Freshness::Fresh, now)?)
    }

    /// Checks the password of a user who is logged in. `None` if it is wrong, which the audit log notes as this refusal.
    ///
    /// # Errors
    /// [`AuthenticationError`] if the password cannot be checked now.
    pub async fn check_again(
        &self,
        (id, username): (UserId, &str),
        password: Password,
        client: ClientInfo,
        refusal: &'static str,
        now: UnixTime,
    ) -> Result<Option<Authenticated>, AuthenticationError> {
        match authenticate(&self.db, &self.hasher, username, password).await? {
            Outcome::Right(who) if who.user_id == id => Ok(Some(who)),
            _ => {
                self.note_failed_login(username, client, refusal, now).await;
                Ok(None)
            }
        }
    }

    /// The response to the client does not depend on whether this succeeds.
    async fn note_failed_login(&self, username: &str, client: ClientInfo, why: &'static str, now: UnixTime) {
        let event = Event {
            actor: None,
            action: Action::LogInFailed,
            // An invalid username may be a password that was typed into the wrong field.
            subject: username.parse::<Username>().ok().map(|username| username.as_str().to_owned()),
            address: client.address,
            detail: Some(why.to_owned()),
        };
        let noted = self.work.run(now, move |tx| {
            tx.audit(event);
            Ok::<_, Abort<DbError>>(())
        });
        if let Err(error) = noted.await {
            AUDIT_FAILURES.add(1);
            log::error!("a failed login is missing from the audit log: {}", error_chain(&error));
        }
    }
}
