//! Access tokens.

use shared::{Claims, UnixTime, User, claims::ClaimsBuilder};
use uuid::Uuid;

use super::error::TokenError;
use crate::{config::Config, ids::SessionId, keys::key_ring::KeyRing, status::entry::Entry};

/// Creates access tokens for one issuer and audience.
pub struct TokenIssuer {
    pub(super) issuer: String,
    pub(super) audience: String,
}

/// The contents of an access token.
pub struct Grant<'a> {
    /// Who logged in.
    pub user: &'a User,
    /// The session.
    pub session: SessionId,
    /// When the password was last entered.
    pub auth_time: UnixTime,
    /// Whether it was entered for this token.
    pub fresh: bool,
    /// The token's entry in a status list.
    pub entry: Entry,
    /// When the token expires.
    pub expires_at: UnixTime,
    /// The application; `None` for who logged in here with a password.
    pub client_id: Option<&'a str>,
    /// Space-separated; `None` for none.
    pub scope: Option<&'a str>,
    /// The API; `None` for that of the settings.
    pub audience: Option<&'a str>,
}

/// RFC 9068 requires a client id; users who log in with a password here are clients of auth-service itself.
const CLIENT_ID: &str = "auth-service";

impl TokenIssuer {
    /// An issuer of that name.
    pub fn new(config: &Config) -> Self {
        Self { issuer: config.issuer.clone(), audience: config.audience.clone() }
    }

    /// The name that its tokens have as `iss`.
    pub fn name(&self) -> &str {
        &self.issuer
    }

    /// The claim `aud` of its access tokens.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// An access token: the tutorial's `create_access_token`.
    ///
    /// # Errors
    /// [`TokenError`] if there is no signing key, or signing fails.
    pub fn issue(&self, grant: &Grant<'_>, ring: &KeyRing, now: UnixTime) -> Result<String, TokenError> {
        Ok(ring.current(now)?.key.sign_access_token(&self.claims(grant, now))?)
    }

    fn claims(&self, grant: &Grant<'_>, now: UnixTime) -> Claims {
        let audience = grant.audience.unwrap_or(&self.audience);
        let claims = Claims::builder(&self.issuer, audience, &grant.user.username)
            .uid(grant.user.id)
            .role(grant.user.role.clone())
            .client_id(grant.client_id.unwrap_or(CLIENT_ID))
            .id(Uuid::new_v4())
            .lifetime(now, grant.expires_at)
            .authenticated(grant.auth_time, grant.fresh)
            .session(grant.session.to_string())
            .status(grant.entry.claim(&self.issuer));
        grant.scope.into_iter().fold(claims, ClaimsBuilder::scope).build()
    }
}
