//! Logouts.

use shared::UnixTime;

use super::{error::SessionError, refresh_token::RefreshToken, revocation, sessions::Sessions, store};
use crate::{
    audit::{actor::Actor, event::Action},
    authority::{self, signed_in::SignedIn},
    client_info::ClientInfo,
    ids::{SessionId, UserId},
    users::store as users,
};

impl Sessions {
    /// Ends the session that a token belongs to; does nothing if it has ended already.
    ///
    /// # Errors
    /// Database errors.
    pub async fn log_out(&self, id: SessionId, client: ClientInfo, now: UnixTime) -> Result<(), SessionError> {
        self.work
            .run(now, move |tx| {
                if let Some(user_id) = revocation::end(tx, id, now)? {
                    let username = users::find_username(tx, user_id)?.unwrap_or_default();
                    let actor = Actor::named(&username, client.address);
                    tx.audit(actor.did(Action::LoggedOut, username).with_detail(format!("session {id}")));
                }
                Ok(())
            })
            .await
    }

    /// Ends the sessions of a client beneath a browser session of that user.
    ///
    /// # Errors
    /// Database errors.
    pub async fn log_out_of(
        &self,
        application: String,
        (user, browser): (UserId, SessionId),
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<(), SessionError> {
        self.work
            .run(now, move |tx| {
                authority::store::lock(tx, user, browser)?;
                let username = users::find_username(tx, user)?.unwrap_or_default();
                for id in store::find_of_client(tx, browser, &application)? {
                    if revocation::end(tx, id, now)? == Some(user) {
                        let actor = Actor::named(&username, client.address.clone());
                        let detail = format!("session {id}, client {application}");
                        tx.audit(actor.did_to_own_account(Action::LoggedOut).with_detail(detail));
                    }
                }
                Ok(())
            })
            .await
    }

    /// Ends one of a user's own sessions.
    ///
    /// # Errors
    /// [`SessionError::NoSuchSession`] if it has ended or belongs to another user; [`SessionError::Refused`].
    pub async fn end(&self, me: SignedIn, id: SessionId, now: UnixTime) -> Result<(), SessionError> {
        self.work
            .run_as(me.authority, now, move |tx, by| {
                let is_theirs = store::find(tx, id)?.is_some_and(|session| session.user_id == me.user);
                if !is_theirs || revocation::end(tx, id, now)?.is_none() {
                    return Err(SessionError::NoSuchSession.into());
                }
                tx.audit(by.did_to_own_account(Action::SessionsEnded).with_detail(format!("session {id}")));
                Ok(())
            })
            .await
    }

    /// Ends all sessions of a user but `except`. Returns their number.
    ///
    /// # Errors
    /// [`SessionError::Refused`], and database errors.
    pub async fn end_all(&self, me: SignedIn, except: Option<SessionId>, now: UnixTime) -> Result<usize, SessionError> {
        self.work
            .run_as(me.authority, now, move |tx, by| {
                let ended = revocation::end_all_of(tx, me.user, except, now)?;
                tx.audit(by.did_to_own_account(Action::SessionsEnded).with_detail(format!("{ended} sessions")));
                Ok(ended)
            })
            .await
    }

    /// Ends the session of a refresh token that its holder revokes (RFC 7009); does nothing if it has ended already. `false` if
    /// the token is not one of that client.
    ///
    /// # Errors
    /// Database errors.
    pub async fn revoke(
        &self,
        token: RefreshToken,
        holder: Option<String>,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<bool, SessionError> {
        let id = token.session;
        self.work
            .run(now, move |tx| {
                if let Some(holder) = holder {
                    let session = store::find(tx, id)?;
                    if session.and_then(|session| session.client_id) != Some(holder) {
                        return Ok(false);
                    }
                }
                if let Some(user_id) = revocation::end(tx, id, now)? {
                    let username = users::find_username(tx, user_id)?.unwrap_or_default();
                    let revoked = Actor::unknown(client.address).did(Action::TokenRevoked, username);
                    tx.audit(revoked.with_detail(format!("session {id}")));
                }
                Ok(true)
            })
            .await
    }
}
