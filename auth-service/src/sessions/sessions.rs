//! Logins, refreshes and logouts.

use std::sync::Arc;

use shared::{AuthError, UnixTime, User, errors::Flaw};

use super::{
    error::SessionError,
    position::Position,
    redemption::redeem,
    refresh_token::RefreshToken,
    session::Session,
    session_tokens::{Freshness, IssuedTokens, SessionTokens, insert_access_token},
    store,
};
use crate::{
    audit::refusals::Refusals,
    authority::{authority::Authority, signed_in::SignedIn},
    client_info::ClientInfo,
    db::{Abort, Db},
    unit_of_work::UnitOfWork,
    users::{authentication::Authenticator, store as users},
};

/// Logs users in and out, and refreshes their sessions: each in one unit of work.
pub struct Sessions {
    pub(super) db: Db,
    pub(super) work: UnitOfWork,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) tokens: Arc<SessionTokens>,
}

impl Sessions {
    /// The sessions in this database.
    pub fn new(
        db: Db,
        work: UnitOfWork,
        authenticator: Arc<Authenticator>,
        refusals: Arc<Refusals>,
        tokens: Arc<SessionTokens>,
    ) -> Self {
        Self { db, work, authenticator, refusals, tokens }
    }

    /// The next tokens of a session, with the current role (RFC 6749, section 6). See [`redeem`] for repeated tokens.
    ///
    /// # Errors
    /// [`SessionError::Refused`]; after any other error the token is as valid as before.
    pub async fn refresh(&self, token: &str, client: ClientInfo, now: UnixTime) -> Result<IssuedTokens, SessionError> {
        let token = self.read_refresh_token(token).ok_or(AuthError::Invalid(Flaw::RefreshToken))?;
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let redeemed = self.work.run(now, move |tx| {
            let (user, session) = match redeem(tx, token, lifetimes, &client, now)? {
                Ok(redeemed) => redeemed,
                // What a refusal has written is committed.
                Err(refused) => return Ok(Err(refused)),
            };
            let entry = insert_access_token(tx, &session, entry, lifetimes, now)?;
            Ok::<_, Abort<SessionError>>(Ok((user, session, entry)))
        });
        let (user, session, entry) = redeemed.await??;
        Ok(self.tokens.token_pair(&user, &session, entry, Freshness::Refreshed, now)?)
    }

    /// Up to `limit` of the refreshable sessions of a user, the most recently used first, that follow `after`.
    ///
    /// # Errors
    /// [`SessionError::Refused`], and database errors.
    pub async fn list_of(
        &self,
        me: SignedIn,
        after: Position,
        limit: i64,
        now: UnixTime,
    ) -> Result<Vec<Session>, SessionError> {
        me.authority.read(&self.db, now, move |conn| store::list_of(conn, me.user, after, limit, now)).await
    }

    /// The user and the session of a refresh token that could be redeemed now.
    ///
    /// # Errors
    /// [`SessionError::Refused`], and database errors.
    pub async fn find_by_refresh_token(
        &self,
        token: RefreshToken,
        by: Authority,
        now: UnixTime,
    ) -> Result<Option<(User, Session)>, SessionError> {
        let found = by.read(&self.db, now, move |conn| {
            let session = store::find(conn, token.session)?;
            let is_valid = |it: &Session| it.generation == token.generation && it.is_refreshable(now);
            let Some(session) = session.filter(is_valid) else { return Ok(None) };
            Ok(users::find_enabled(conn, session.user_id)?.map(|user| (user, session)))
        });
        found.await
    }

    /// The contents of a refresh token, if it was issued here.
    pub fn read_refresh_token(&self, text: &str) -> Option<RefreshToken> {
        self.tokens.refresh_tokens.read(text)
    }
}
