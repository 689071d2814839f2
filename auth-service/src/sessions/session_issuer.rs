//! Sessions and the tokens that they bring.

use std::time::Duration;

use actix_web::web::Data;
use diesel::QueryResult;
use serde::Serialize;
use shared::{AuthError, Flaw, UnixTime, User};
use uuid::Uuid;

use super::{
    error::SessionError,
    refresh_token::{RefreshToken, RefreshTokens},
    store::{self, SessionRow},
};
use crate::{
    audit::{
        self,
        event::{Action, Event},
    },
    config::TokenConfig,
    db::{Db, DbConnection, DbError},
    keys::key_keeper::KeyKeeper,
    origin::Origin,
    status::{
        self,
        allotter::Allotter,
        entry::{Entry, Holder},
    },
    tokens::issuer::{Grant, TokenIssuer},
    users::{authentication::Authenticated, store as users},
};

/// Begins sessions, goes on with them, and issues their tokens. What a token rests on is written in one transaction,
/// before the token is signed.
pub struct SessionIssuer {
    db: Db,
    allotter: Data<Allotter>,
    refresh_tokens: RefreshTokens,
    issuer: Data<TokenIssuer>,
    keys: Data<KeyKeeper>,
    lifetimes: Lifetimes,
}

#[derive(Clone, Copy)]
struct Lifetimes {
    access: Duration,
    refresh: Duration,
    session: Duration,
    reuse_grace: Duration,
}

/// What a login or a refresh gives (RFC 6749, section 5.1).
#[derive(Serialize)]
pub struct IssuedTokens {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// For `POST /refresh`; not there where the one at hand goes on counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// `Bearer` (RFC 6750).
    pub token_type: &'static str,
    /// Seconds that the access token lives.
    pub expires_in: u64,
}

impl SessionIssuer {
    /// With these settings.
    pub fn new(
        db: Db,
        allotter: Data<Allotter>,
        refresh_tokens: RefreshTokens,
        issuer: Data<TokenIssuer>,
        keys: Data<KeyKeeper>,
        config: &TokenConfig,
    ) -> Self {
        Self { db, allotter, refresh_tokens, issuer, keys, lifetimes: Lifetimes::of(config) }
    }

    /// A session for somebody who has just given the password. `None` if the user has been disabled, deleted or given
    /// another password meanwhile.
    ///
    /// # Errors
    /// [`SessionError`]; there is no session then, or one whose tokens nobody has.
    pub async fn begin(
        &self,
        who: Authenticated,
        origin: Origin,
        now: UnixTime,
    ) -> Result<Option<IssuedTokens>, SessionError> {
        let entry = self.allotter.allot(now).await?;
        let session = self.lifetimes.new_session(who.user_id, origin, now);
        let lifetimes = self.lifetimes;
        let begun = self.db.write(move |conn| {
            let Some(user) = users::note_log_in(conn, who.user_id, &who.checked, who.rehashed.as_deref(), now)? else {
                return Ok::<_, DbError>(None);
            };
            store::insert(conn, &session)?;
            let expires_at = lifetimes.access_token_end(&session, now);
            status::store::insert(conn, entry, Holder::Session(&session.id), expires_at)?;
            Ok(Some((user, session)))
        });
        let Some((user, session)) = begun.await? else { return Ok(None) };
        let tokens = self.access_token(&user, &session, entry, true, now)?;
        Ok(Some(IssuedTokens { refresh_token: self.refresh_token(&session), ..tokens }))
    }

    /// The next tokens of a session, with the role of now (RFC 6749, section 6).
    ///
    /// A token whose successor has not been used may come again for a while, since the answer may have been lost; it
    /// brings the same successor. Any other old one is in two hands: its session is over (RFC 9700, section 4.14.2).
    ///
    /// # Errors
    /// [`SessionError`]; the token then counts as before, unless it is refused.
    pub async fn refresh(&self, token: &str, origin: Origin, now: UnixTime) -> Result<IssuedTokens, SessionError> {
        let token = self.refresh_tokens.read(token).ok_or(AuthError::Invalid(Flaw::RefreshToken))?;
        let entry = self.allotter.allot(now).await?;
        let lifetimes = self.lifetimes;
        let redeemed = self.db.write(move |conn| {
            let redeemed = redeem(conn, token, lifetimes, &origin, now)?;
            if let Ok((_, session)) = &redeemed {
                let expires_at = lifetimes.access_token_end(session, now);
                status::store::insert(conn, entry, Holder::Session(&session.id), expires_at)?;
            }
            // A refusal is no failure: what it has written down stays.
            Ok::<_, DbError>(redeemed)
        });
        let (user, session) = redeemed.await??;
        let tokens = self.access_token(&user, &session, entry, false, now)?;
        Ok(IssuedTokens { refresh_token: self.refresh_token(&session), ..tokens })
    }

    /// A fresh access token for a session whose user has just given the password again. The refresh token at hand goes
    /// on counting.
    ///
    /// # Errors
    /// [`SessionError`]; also if the session is over.
    pub async fn reauthenticate(
        &self,
        session: String,
        who: Authenticated,
        now: UnixTime,
    ) -> Result<Option<IssuedTokens>, SessionError> {
        let entry = self.allotter.allot(now).await?;
        let lifetimes = self.lifetimes;
        let noted = self.db.write(move |conn| {
            let Some(user) = users::note_log_in(conn, who.user_id, &who.checked, who.rehashed.as_deref(), now)? else {
                return Ok::<_, DbError>(None);
            };
            let session = store::note_authentication(conn, &session, now)?;
            if let Some(session) = &session {
                let expires_at = lifetimes.access_token_end(session, now);
                status::store::insert(conn, entry, Holder::Session(&session.id), expires_at)?;
            }
            Ok(Some((user, session)))
        });
        let Some((user, session)) = noted.await? else { return Ok(None) };
        let session = session.ok_or(AuthError::Revoked)?;
        self.access_token(&user, &session, entry, true, now).map(Some)
    }

    /// What a refresh token stands for, if it is one that was written here.
    pub fn read_refresh_token(&self, text: &str) -> Option<RefreshToken> {
        self.refresh_tokens.read(text)
    }

    fn access_token(
        &self,
        user: &User,
        session: &SessionRow,
        entry: Entry,
        fresh: bool,
        now: UnixTime,
    ) -> Result<IssuedTokens, SessionError> {
        let expires_at = self.lifetimes.access_token_end(session, now);
        let auth_time = UnixTime::from_seconds(session.auth_time);
        let grant = Grant { user, session: &session.id, auth_time, fresh, entry, expires_at };
        let access_token = self.issuer.issue(&grant, &self.keys.ring(), now)?;
        let expires_in = expires_at.since(now).as_secs();
        Ok(IssuedTokens { access_token, refresh_token: None, token_type: "Bearer", expires_in })
    }

    fn refresh_token(&self, session: &SessionRow) -> Option<String> {
        let id = session.id.parse().ok()?;
        Some(self.refresh_tokens.write(RefreshToken { session: id, generation: session.generation }))
    }
}

impl Lifetimes {
    fn of(config: &TokenConfig) -> Self {
        Self {
            access: Duration::from_secs(config.access_ttl_secs.into()),
            refresh: Duration::from_secs(config.refresh_ttl_secs.into()),
            session: Duration::from_secs(config.session_ttl_secs.into()),
            reuse_grace: Duration::from_secs(config.reuse_grace_secs.into()),
        }
    }

    fn new_session(&self, user_id: i64, origin: Origin, now: UnixTime) -> SessionRow {
        let ends_at = now.plus(self.session);
        SessionRow {
            id: Uuid::now_v7().to_string(),
            user_id,
            device: origin.device,
            address: origin.address.unwrap_or_default(),
            created_at: now.seconds(),
            last_used_at: now.seconds(),
            auth_time: now.seconds(),
            generation: 1,
            rotated_at: now.seconds(),
            idle_ends_at: ends_at.min(now.plus(self.refresh)).seconds(),
            ends_at: ends_at.seconds(),
            revoked_at: None,
        }
    }

    /// No access token outlives its session, refreshed or not.
    fn access_token_end(&self, session: &SessionRow, now: UnixTime) -> UnixTime {
        now.plus(self.access).min(UnixTime::from_seconds(session.ends_at.min(session.idle_ends_at)))
    }
}

/// Who a refresh token is for and its session, as they are from now on; or why it is refused.
fn redeem(
    conn: &mut DbConnection,
    token: RefreshToken,
    lifetimes: Lifetimes,
    origin: &Origin,
    now: UnixTime,
) -> QueryResult<Result<(User, SessionRow), AuthError>> {
    let session = match store::rotate(conn, token, now.plus(lifetimes.refresh), now)? {
        Some(session) => Some(session),
        None => store::try_again(conn, token, now.minus(lifetimes.reuse_grace), now)?,
    };
    let Some(session) = session else { return refuse(conn, token, origin, now).map(Err) };
    let user = users::find_enabled(conn, session.user_id)?;
    Ok(user.map(|user| (user, session)).ok_or(AuthError::Revoked))
}

fn refuse(conn: &mut DbConnection, token: RefreshToken, origin: &Origin, now: UnixTime) -> QueryResult<AuthError> {
    let Some(session) = store::find(conn, &token.session.to_string())? else { return Ok(AuthError::Revoked) };
    if session.revoked_at.is_some() {
        return Ok(AuthError::Revoked);
    }
    if session.idle_ends_at.min(session.ends_at) <= now.seconds() {
        return Ok(AuthError::Expired);
    }
    if token.generation > session.generation {
        // Ours, and not spent: the database is behind it, as after a backup was restored.
        log::warn!("the refresh token of session {} is of a generation that the database does not know", session.id);
        return Ok(AuthError::Revoked);
    }
    store::revoke(conn, &session.id, now)?;
    let event = Event {
        actor: None,
        action: Action::RefreshTokenReused,
        subject: users::find_username(conn, session.user_id)?,
        address: origin.address.clone(),
        detail: Some(format!("session {}, generation {} of {}", session.id, token.generation, session.generation)),
    };
    audit::store::insert(conn, &event, now)?;
    Ok(AuthError::Revoked)
}
