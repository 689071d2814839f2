//! Sessions of browsers, beneath which applications have theirs.

use diesel::QueryResult;
use shared::{UnixTime, User};

use super::{
    error::SessionError,
    logins::{LoginAttempt, OfUser, insert_session},
    refresh_token::RefreshToken,
    revocation,
    session::Session,
    sessions::Sessions,
    store,
};
use crate::{
    audit::{actor::Actor, event::Action},
    client_info::ClientInfo,
    db::{Abort, DbConnection},
    guessing::guesses::Refund,
    ids::{SessionId, UserId},
    users::{authentication::Authenticated, password::Password, store as users},
};

/// A login in a browser.
pub struct BrowserLogin {
    /// The session.
    pub session: SessionId,
    /// The value of its cookie.
    pub cookie: String,
    /// The token of the device.
    pub device_token: String,
}

/// What a browser sends to log in.
pub struct BrowserCredentials<'a> {
    /// The username.
    pub username: &'a str,
    /// The password.
    pub password: Password,
    /// The token of an earlier login on this device.
    pub device_token: Option<&'a str>,
    /// The cookie of the session so far.
    pub cookie: Option<&'a str>,
}

/// A live session of a browser, and its user.
#[derive(Clone)]
pub struct SignedInBrowser {
    /// The user.
    pub user: User,
    /// The session.
    pub session: Session,
}

impl OfUser for SignedInBrowser {
    fn user_id(&self) -> UserId {
        self.session.user_id
    }
}

impl Sessions {
    /// Begins a browser session with a username and a password. If the same user is logged in already, that session goes on under
    /// a new cookie; that of another user ends.
    ///
    /// # Errors
    /// See [`Sessions::log_in`].
    pub async fn log_in_browser(
        &self,
        credentials: BrowserCredentials<'_>,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<BrowserLogin, SessionError> {
        let BrowserCredentials { username, password, device_token, cookie } = credentials;
        let previous = cookie.and_then(|cookie| self.tokens.browser_cookies.read(cookie));
        let begin = async |who, refund| self.begin_in_browser(who, refund, previous, client.clone(), now).await;
        let login = LoginAttempt { username, password, device_token, client: &client };
        let (SignedInBrowser { session, .. }, device_token) = self.prove(login, begin, now).await?;
        let cookie = RefreshToken { session: session.id, generation: session.generation };
        Ok(BrowserLogin { session: session.id, cookie: self.tokens.browser_cookies.write(cookie), device_token })
    }

    async fn begin_in_browser(
        &self,
        who: Authenticated,
        guess: Option<Refund>,
        previous: Option<RefreshToken>,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<Option<SignedInBrowser>, SessionError> {
        let lifetimes = self.tokens.lifetimes;
        let begun = self.work.run(now, move |tx| {
            let Some(user) = users::note_login(tx, who.user_id, &who.checked, who.rehashed.as_deref(), now)? else {
                return Ok::<_, Abort<SessionError>>(None);
            };
            if let Some(guess) = guess {
                guess.write(tx, true)?;
            }
            let actor = Actor::named(&user.username, client.address.clone());
            let previous = previous.map(|cookie| store::find_by_cookie(tx, cookie, now)).transpose()?.flatten();
            if let Some(previous) = previous {
                if previous.user_id == who.user_id
                    && let Some(session) = store::renew(tx, previous.id, lifetimes.idle_end(now), now)?
                {
                    let detail = format!("session {}, again", session.id);
                    tx.audit(actor.did_to_own_account(Action::LoggedIn).with_detail(detail));
                    return Ok(Some(SignedInBrowser { user, session }));
                }
                revocation::end(tx, previous.id, now)?;
            }
            let session = lifetimes.new_browser_session(who.user_id, client, now);
            insert_session(tx, &session, lifetimes, &actor, now)?;
            Ok(Some(SignedInBrowser { user, session }))
        });
        begun.await
    }
}

/// The live session of a browser's cookie and its user, if there is one.
///
/// # Errors
/// Database errors.
pub fn find_signed_in(
    conn: &mut DbConnection,
    cookie: RefreshToken,
    now: UnixTime,
) -> QueryResult<Option<SignedInBrowser>> {
    let Some(session) = store::find_by_cookie(conn, cookie, now)? else { return Ok(None) };
    let user = users::find_enabled(conn, session.user_id)?;
    Ok(user.map(|user| SignedInBrowser { user, session }))
}
