//! Logins and reauthentication.

use diesel::QueryResult;
use shared::{AuthError, UnixTime, User};

use super::{
    error::SessionError,
    lifetimes::Lifetimes,
    revocation::end_least_used,
    session::Session,
    session_tokens::{Freshness, IssuedTokens, insert_access_token},
    sessions::Sessions,
    store,
};
use crate::{
    audit::{actor::Actor, event::Action, refusals::Refusal},
    client_info::ClientInfo,
    db::{Abort, DbConnection},
    guessing::{guesses::Refund, sender::Sender},
    ids::{SessionId, UserId},
    status::entry::Entry,
    users::{
        authentication::{Authenticated, AuthenticationError, Outcome},
        password::Password,
        store as users,
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
        device_token: Option<&str>,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<IssuedTokens, SessionError> {
        let sender = self.authenticator.guesses().sender(client.address.as_deref(), device_token, now);
        let mut known = None;
        for _ in 0..Self::LOGIN_ATTEMPTS {
            let (who, guess) = match self.authenticator.authenticate(username, password.clone(), sender, now).await? {
                Outcome::Right(who, guess) => (who, guess),
                Outcome::Disabled(user) => {
                    self.note_refusal(Some(user.username), "disabled", client, now).await;
                    return Err(SessionError::UserDisabled);
                }
                Outcome::Wrong(user) => {
                    known = user.map(|user| user.username);
                    break;
                }
            };
            let password_changes = who.password_changes;
            let begun = self.begin(who, guess.refund(), client.clone(), now).await;
            if !matches!(begun, Ok(Some(_))) {
                self.authenticator.guesses().refund(guess, true);
            }
            if let Some((user, session, entry)) = begun? {
                let guesses = self.authenticator.guesses();
                let device_token = Some(guesses.device_token(user.id.into(), password_changes, sender, now));
                let tokens = self.tokens.token_pair(&user, &session, entry, Freshness::Fresh, now)?;
                return Ok(IssuedTokens { device_token, ..tokens });
            }
        }
        self.note_refusal(known, "wrong username or password", client, now).await;
        Err(SessionError::InvalidCredentials)
    }

    /// Inserts the session and its first access token, and refunds the guess. Returns `None` if the user has been disabled or
    /// deleted, or the password changed, in the meantime.
    async fn begin(
        &self,
        who: Authenticated,
        guess: Option<Refund>,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<Option<(User, Session, Entry)>, SessionError> {
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let session = lifetimes.new_session(who.user_id, client.clone(), now);
        let begun = self.work.run(now, move |tx| {
            let Some(user) = users::note_login(tx, who.user_id, &who.checked, who.rehashed.as_deref(), now)? else {
                return Ok::<_, Abort<SessionError>>(None);
            };
            if let Some(guess) = guess {
                guess.write(tx, true)?;
            }
            store::insert(tx, &session)?;
            let over = match lifetimes.max_sessions {
                Some(max) => end_least_used(tx, who.user_id, session.id, max, now)?,
                None => Vec::new(),
            };
            let entry = insert_access_token(tx, &session, entry, lifetimes, now)?;
            let actor = Actor::named(&user.username, client.address);
            tx.audit(actor.did(Action::LoggedIn, &user.username).with_detail(format!("session {}", session.id)));
            if !over.is_empty() {
                let ids = over.iter().map(SessionId::to_string).collect::<Vec<_>>().join(", ");
                let ended = actor.did(Action::SessionsEnded, &user.username);
                tx.audit(ended.with_detail(format!("over the limit: {ids}")));
            }
            Ok(Some((user, session, entry)))
        });
        begun.await
    }

    /// The token of the device on which a user has changed the password, whose earlier device token is not valid any more.
    pub fn new_device_token(&self, user: UserId, password_changes: i64, now: UnixTime) -> String {
        self.authenticator.guesses().device_token(user, password_changes, Sender::default(), now)
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
        let name = (user.id.into(), &*user.username, session);
        let who = self.check_again(name, password, client, "wrong password at re-authentication", now).await?;
        let who = who.ok_or(SessionError::InvalidCredentials)?;
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let noted = self.work.run(now, move |tx| {
            let user = users::note_login(tx, who.user_id, &who.checked, who.rehashed.as_deref(), now)?
                .ok_or(SessionError::InvalidCredentials)?;
            let noted = store::note_authentication(tx, session, lifetimes.tokens, now)?;
            let Some(session) = noted.filter(|session| session.user_id == who.user_id) else {
                return Err(refusal(tx, session, lifetimes, now)?.into());
            };
            let entry = insert_access_token(tx, &session, entry, lifetimes, now)?;
            Ok((user, session, entry))
        });
        let (user, session, entry) = noted.await?;
        Ok(self.tokens.access_token(&user, &session, entry, Freshness::Fresh, now)?)
    }

    /// Checks the password of a user who is logged in, which counts as a guess. `None` if it is wrong, which the audit log notes
    /// as this refusal.
    ///
    /// # Errors
    /// [`AuthenticationError`] if the password cannot be checked now.
    pub async fn check_again(
        &self,
        (id, username, session): (UserId, &str, SessionId),
        password: Password,
        client: ClientInfo,
        refusal: &'static str,
        now: UnixTime,
    ) -> Result<Option<Authenticated>, AuthenticationError> {
        let sender = Sender { address: None, device: None, session: Some(session) };
        match self.authenticator.authenticate(username, password, sender, now).await? {
            Outcome::Right(who, guess) if who.user_id == id => {
                self.authenticator.guesses().refund(guess, true);
                Ok(Some(who))
            }
            _ => {
                self.note_refusal(Some(username.to_owned()), refusal, client, now).await;
                Ok(None)
            }
        }
    }

    /// The audit log names the user only if there is one: a name that nobody has may be a password in the wrong field.
    async fn note_refusal(&self, user: Option<String>, reason: &'static str, client: ClientInfo, now: UnixTime) {
        let refusal = Refusal { action: Action::LogInFailed, subject: user, reason: Some(reason) };
        self.refusals.note(refusal, client.address, now).await;
    }
}

/// Why a session gets no fresh token: it has ended, or has had too many.
fn refusal(
    conn: &mut DbConnection,
    session: SessionId,
    lifetimes: Lifetimes,
    now: UnixTime,
) -> QueryResult<SessionError> {
    let live = store::find(conn, session)?.filter(|session| session.is_live(now));
    Ok(live.map_or(AuthError::Revoked.into(), |session| lifetimes.too_many_tokens(&session, now).into()))
}
