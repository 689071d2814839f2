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
    clients::{self, authentication::Client, scopes::Scopes},
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

/// What is asked of a refresh.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The client that sends the token; `None` for one of a login at `/login`.
    pub holder: Option<Client>,
    /// The scope of the access token, if it is to be narrower than what was granted.
    pub scopes: Option<Scopes>,
    /// Its audience, if it is named again (RFC 8707, section 2.2).
    pub audience: Option<String>,
}

impl Wanted {
    /// The session as its next access token describes it. The session itself keeps what was granted.
    fn narrowed(&self, mut session: Session) -> Result<Session, SessionError> {
        let mut granted = session.granted.take().unwrap_or_default();
        if let Some(client) = &self.holder {
            // It may have been registered for less since.
            granted.scopes = granted.scopes.intersection(&client.scopes);
        }
        if let Some(wanted) = &self.scopes {
            if !wanted.are_among(&granted.scopes) {
                return Err(SessionError::ScopeExceeded);
            }
            granted.scopes = wanted.clone();
        }
        if self.audience.is_some() && self.audience != granted.audience {
            return Err(SessionError::OtherAudience);
        }
        session.granted = session.client_id.is_some().then_some(granted);
        Ok(session)
    }
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
    pub async fn refresh(
        &self,
        token: &str,
        wanted: Wanted,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<IssuedTokens, SessionError> {
        let token = self.read_refresh_token(token).ok_or(AuthError::Invalid(Flaw::RefreshToken))?;
        let entry = self.tokens.reserve_entry(now).await?;
        let lifetimes = self.tokens.lifetimes;
        let redeemed = self.work.run(now, move |tx| {
            if let Some(holder) = &wanted.holder
                && !clients::store::note_use(tx, holder, now)?
            {
                return Err(AuthError::Revoked.into());
            }
            let (user, session) =
                match redeem(tx, token, wanted.holder.as_ref().map(|client| &*client.id), lifetimes, &client, now)? {
                    Ok(redeemed) => redeemed,
                    // What a refusal has written is committed.
                    Err(refused) => return Ok(Err(refused)),
                };
            let next = session.refresh_token();
            let session = wanted.narrowed(session)?;
            let user = wanted.holder.iter().fold(user, |user, client| client.user(user));
            let entry = insert_access_token(tx, &session, entry, lifetimes, now)?;
            Ok::<_, Abort<SessionError>>(Ok((user, session, entry, next)))
        });
        let (user, session, entry, next) = redeemed.await??;
        let tokens = self.tokens.access_token(&user, &session, entry, Freshness::Refreshed, now)?;
        let tokens = IssuedTokens { refresh_token: next.map(|next| self.tokens.refresh_tokens.write(next)), ..tokens };
        Ok(self.tokens.with_id_token(tokens, &session, None, now)?)
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
