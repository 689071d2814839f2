//! The tokens of a session.

use std::sync::Arc;

use diesel::QueryResult;
use serde::Serialize;
use shared::{UnixTime, User};
use utoipa::ToSchema;

use super::{lifetimes::Lifetimes, refresh_token::RefreshTokens, session::Session};
use crate::{
    db::{DbConnection, DbError},
    keys::key_keeper::KeyKeeper,
    status::{
        self,
        entry::{Entry, Holder},
        index_allocator::{IndexAllocator, ReservedEntry},
    },
    tokens::{
        error::TokenError,
        id_token::IdGrant,
        issuer::{Grant, TokenIssuer},
    },
};

/// Issues the tokens of sessions. Their rows are committed before the tokens are signed.
pub struct SessionTokens {
    /// How long they live.
    pub lifetimes: Lifetimes,
    /// Creates refresh tokens.
    pub refresh_tokens: RefreshTokens,
    /// Creates the cookies of browser sessions.
    pub browser_cookies: RefreshTokens,
    /// Assigns status list entries to access tokens.
    pub indexes: Arc<IndexAllocator>,
    /// Creates the claims.
    pub issuer: Arc<TokenIssuer>,
    /// Signs.
    pub keys: Arc<KeyKeeper>,
}

/// The response to a login or a refresh (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct IssuedTokens {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// For `POST /refresh`; absent if the current one remains valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refresh_token: Option<String>,
    /// For the next login on this device, which then is not counted with strangers' guesses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub device_token: Option<String>,
    /// For an application that asked for `openid` (OpenID Connect Core 1.0, section 3.1.3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id_token: Option<String>,
    /// What an application was granted, space-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<String>,
    /// `Bearer` (RFC 6750).
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: u64,
}

/// Whether the token was issued for a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It was.
    Fresh,
    /// The token comes from a refresh.
    Refreshed,
}

impl SessionTokens {
    /// A status list entry for the next access token.
    ///
    /// # Errors
    /// [`DbError`] if no more entries can be reserved.
    pub async fn reserve_entry(&self, now: UnixTime) -> Result<ReservedEntry, DbError> {
        self.indexes.reserve(now).await
    }

    /// An access token whose row has been inserted.
    ///
    /// # Errors
    /// [`TokenError`] if it cannot be signed.
    pub fn access_token(
        &self,
        user: &User,
        session: &Session,
        entry: Entry,
        freshness: Freshness,
        now: UnixTime,
    ) -> Result<IssuedTokens, TokenError> {
        let expires_at = self.lifetimes.access_token_end(session, now);
        let fresh = freshness == Freshness::Fresh;
        let scope = session.granted.as_ref().and_then(|granted| granted.scopes.claim());
        let grant = Grant {
            user,
            session: session.id,
            auth_time: session.auth_time,
            fresh,
            entry,
            expires_at,
            client_id: session.client_id.as_deref(),
            scope: scope.as_deref(),
            audience: session.granted.as_ref().and_then(|granted| granted.audience.as_deref()),
        };
        let access_token = self.issuer.issue(&grant, &self.keys.ring(), now)?;
        Ok(IssuedTokens {
            access_token,
            refresh_token: None,
            device_token: None,
            id_token: None,
            scope,
            token_type: "Bearer",
            expires_in: expires_at.since(now).as_secs(),
        })
    }

    /// The same, with the session's refresh token.
    ///
    /// # Errors
    /// [`TokenError`] if the access token cannot be signed.
    pub fn token_pair(
        &self,
        user: &User,
        session: &Session,
        entry: Entry,
        freshness: Freshness,
        now: UnixTime,
    ) -> Result<IssuedTokens, TokenError> {
        let tokens = self.access_token(user, session, entry, freshness, now)?;
        let refresh_token = session.refresh_token().map(|token| self.refresh_tokens.write(token));
        Ok(IssuedTokens { refresh_token, ..tokens })
    }
}

impl SessionTokens {
    /// The tokens of an application with an ID token, if it asked for one.
    ///
    /// # Errors
    /// [`TokenError`] if it cannot be signed.
    pub fn with_id_token(
        &self,
        tokens: IssuedTokens,
        session: &Session,
        nonce: Option<&str>,
        now: UnixTime,
    ) -> Result<IssuedTokens, TokenError> {
        let (Some(client_id), Some(browser)) = (session.client_id.as_deref(), session.browser_id) else {
            return Ok(tokens);
        };
        if !session.has_scope("openid") {
            return Ok(tokens);
        }
        let grant = IdGrant {
            user: session.user_id,
            client_id,
            browser,
            auth_time: session.auth_time,
            nonce,
            access_token: &tokens.access_token,
            expires_at: self.lifetimes.access_token_end(session, now),
        };
        let id_token = self.issuer.issue_id_token(&grant, &self.keys.ring(), now)?;
        Ok(IssuedTokens { id_token: Some(id_token), ..tokens })
    }
}

/// Inserts the row of an access token that is issued once the transaction is committed. Its entry.
///
/// # Errors
/// Database errors.
pub fn insert_access_token(
    conn: &mut DbConnection,
    session: &Session,
    entry: ReservedEntry,
    lifetimes: Lifetimes,
    now: UnixTime,
) -> QueryResult<Entry> {
    let entry = entry.assign();
    status::store::insert(conn, entry, Holder::Session(session.id), lifetimes.access_token_end(session, now))?;
    Ok(entry)
}
