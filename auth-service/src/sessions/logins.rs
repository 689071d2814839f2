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
    authority::signed_in::SignedIn,
    client_info::ClientInfo,
    db::{Abort, DbConnection},
    guessing::{guesses::Refund, sender::Sender},
    ids::{SessionId, UserId},
    status::entry::Entry,
    unit_of_work::Tx,
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
        let begin = async |who, refund| self.begin(who, refund, client.clone(), now).await;
        let login = LoginAttempt { username, password, device_token, client: &client };
        let (Begun { user, session, entry }, device_token) = self.prove(login, begin, now).await?;
        let tokens = self.tokens.token_pair(&user, &session, entry, Freshness::Fresh, now)?;
        Ok(IssuedTokens { device_token: Some(device_token), ..tokens })
    }

    /// Begins something with a username and a password, and returns it with a token of the device. `begin` refunds the guess, and
    /// returns `None` if the user has been disabled or deleted, or the password changed, since it was checked.
    ///
    /// # Errors
    /// See [`Sessions::log_in`].
    pub(super) async fn prove<B: OfUser>(
        &self,
        login: LoginAttempt<'_>,
        begin: impl AsyncFn(Authenticated, Option<Refund>) -> Result<Option<B>, SessionError>,
        now: UnixTime,
    ) -> Result<(B, String), SessionError> {
        let LoginAttempt { username, password, device_token, client } = login;
        let sender = self.authenticator.guesses().sender(client.address.as_deref(), device_token, now);
        let mut known = None;
        for _ in 0..Self::LOGIN_ATTEMPTS {
            let (who, guess) = match self.authenticator.authenticate(username, password.clone(), sender, now).await? {
                Outcome::Right(who, guess) => (who, guess),
                Outcome::Disabled(user) => {
                    self.note_refusal(Some(user.username), "disabled", client.clone(), now).await;
                    return Err(SessionError::UserDisabled);
                }
                Outcome::Wrong(user) => {
                    known = user.map(|user| user.username);
                    break;
                }
            };
            let password_changes = who.password_changes;
            let begun = begin(who, guess.refund()).await;
            if !matches!(begun, Ok(Some(_))) {
                self.authenticator.guesses().refund(guess, true);
            }
            if let Some(begun) = begun? {
                let guesses = self.authenticator.guesses();
                let device_token = guesses.device_token(begun.user_id(), password_changes, sender, now);
                return Ok((begun, device_token));
            }
        }
        self.note_refusal(known, "wrong username or password", client.clone(), now).await;
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
    ) -> Result<Option<Begun>, SessionError> {
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
            let actor = Actor::named(&user.username, client.address);
            insert_session(tx, &session, lifetimes, &actor, now)?;
            let entry = insert_access_token(tx, &session, entry, lifetimes, now)?;
            Ok(Some(Begun { user, session, entry }))
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
        me: SignedIn,
        password: Password,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<IssuedTokens, SessionError> {
        let session = me.session;
        let who = self
            .check_again((me.user, &me.username, session), password, client, "wrong password at re-authentication", now)
            .await?;
        let who = who.ok_or(SessionError::InvalidCredentials)?;
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let noted = self.work.run_as(me.authority, now, move |tx, _| {
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

/// What a user sends to log in.
pub(super) struct LoginAttempt<'a> {
    pub(super) username: &'a str,
    pub(super) password: Password,
    pub(super) device_token: Option<&'a str>,
    pub(super) client: &'a ClientInfo,
}

/// Something that begins with a login.
pub(super) trait OfUser {
    /// Whose login it was.
    fn user_id(&self) -> UserId;
}

struct Begun {
    user: User,
    session: Session,
    entry: Entry,
}

impl OfUser for Begun {
    fn user_id(&self) -> UserId {
        self.session.user_id
    }
}

/// Inserts a session with its line in the audit log, and ends those beyond the limit.
///
/// # Errors
/// Database errors.
pub fn insert_session(
    tx: &mut Tx<'_>,
    session: &Session,
    lifetimes: Lifetimes,
    by: &Actor,
    now: UnixTime,
) -> QueryResult<()> {
    store::insert(tx, session)?;
    let over = match lifetimes.max_sessions {
        Some(max) => end_least_used(tx, session.user_id, session.id, max, now)?,
        None => Vec::new(),
    };
    let detail = match &session.client_id {
        Some(client) => format!("session {}, client {client}", session.id),
        None => format!("session {}", session.id),
    };
    tx.audit(by.did_to_own_account(Action::LoggedIn).with_detail(detail));
    if !over.is_empty() {
        let ids = over.iter().map(SessionId::to_string).collect::<Vec<_>>().join(", ");
        tx.audit(by.did_to_own_account(Action::SessionsEnded).with_detail(format!("over the limit: {ids}")));
    }
    Ok(())
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
