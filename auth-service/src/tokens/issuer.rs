//! Access tokens.

use std::time::Duration;

use serde::Serialize;
use shared::{Audience, Claims, JsonObject, TokenType, UnixTime, User};
use uuid::Uuid;

use crate::{
    config::Config,
    keys::{
        key_ring::{KeyRing, NoCurrentKey},
        signing_key::CannotSign,
    },
};

/// Makes access tokens: whose they are, whom they are for, how long they live.
pub struct TokenIssuer {
    issuer: String,
    audience: String,
    access_ttl: Duration,
}

/// What a log-in gives.
#[derive(Serialize)]
pub struct IssuedToken {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// `Bearer` (RFC 6750).
    pub token_type: &'static str,
    /// Seconds that the access token lives.
    pub expires_in: u64,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotIssue {
    /// No key to sign with.
    #[error(transparent)]
    NoCurrentKey(#[from] NoCurrentKey),
    /// It does not sign.
    #[error(transparent)]
    CannotSign(#[from] CannotSign),
}

/// RFC 9068 wants the client named; whoever logs in with a password here is a client of auth-service itself.
const CLIENT_ID: &str = "auth-service";

impl TokenIssuer {
    /// An issuer of that name.
    pub fn new(config: &Config) -> Self {
        Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            access_ttl: Duration::from_secs(config.tokens.access_ttl_secs.into()),
        }
    }

    /// A fresh access token for a user who has just given the password: the guide's `create_access_token`.
    ///
    /// # Errors
    /// [`CannotIssue`] if there is no key to sign with, or it does not sign.
    pub fn issue(&self, user: &User, ring: &KeyRing, now: UnixTime) -> Result<IssuedToken, CannotIssue> {
        let access_token = ring.current(now)?.key.sign_access_token(&self.claims(user, now))?;
        Ok(IssuedToken { access_token, token_type: "Bearer", expires_in: self.access_ttl.as_secs() })
    }

    fn claims(&self, user: &User, now: UnixTime) -> Claims {
        Claims {
            iss: self.issuer.clone(),
            aud: Audience::One(self.audience.clone()),
            sub: user.username.clone(),
            uid: Some(user.id),
            role: Some(user.role.clone()),
            client_id: Some(CLIENT_ID.to_owned()),
            scope: None,
            iat: now,
            exp: now.plus(self.access_ttl),
            nbf: None,
            jti: Uuid::new_v4().to_string(),
            auth_time: Some(now),
            sid: Some(Uuid::now_v7().to_string()),
            token_type: TokenType::Access,
            fresh: true,
            status: None,
            others: JsonObject::default(),
        }
    }
}
