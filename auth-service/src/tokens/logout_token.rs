//! Logout tokens.

use std::time::Duration;

use serde::Serialize;
use shared::UnixTime;
use uuid::Uuid;

use super::{error::TokenError, issuer::TokenIssuer};
use crate::{
    ids::{SessionId, UserId},
    keys::key_ring::KeyRing,
};

/// Long enough for clocks that differ, and short, as the standard advises.
const LIFETIME: Duration = Duration::from_mins(2);

/// The contents of a logout token.
pub struct LogoutGrant<'a> {
    /// Who was logged in.
    pub user: UserId,
    /// The application that is informed.
    pub client_id: &'a str,
    /// The browser's session that ended, as in the ID token's `sid`.
    pub browser: SessionId,
}

/// There is never a `nonce`, by which an application tells this from an ID token.
#[derive(Serialize)]
struct LogoutClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    iat: UnixTime,
    exp: UnixTime,
    jti: String,
    events: Events,
    sid: SessionId,
}

#[derive(Serialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    backchannel_logout: NoDetails,
}

/// An empty object.
#[derive(Serialize)]
struct NoDetails {}

impl TokenIssuer {
    /// A logout token, signed by the ID key (OpenID Connect Back-Channel Logout 1.0, section 2.4).
    ///
    /// # Errors
    /// [`TokenError`] if there is no signing key, or signing fails.
    pub fn issue_logout_token(
        &self,
        grant: &LogoutGrant<'_>,
        ring: &KeyRing,
        now: UnixTime,
    ) -> Result<String, TokenError> {
        let claims = LogoutClaims {
            iss: &self.issuer,
            sub: grant.user.to_string(),
            aud: grant.client_id,
            iat: now,
            exp: now.plus(LIFETIME),
            jti: Uuid::new_v4().to_string(),
            events: Events { backchannel_logout: NoDetails {} },
            sid: grant.browser,
        };
        Ok(ring.current_id_key(now)?.sign_logout_token(&claims)?)
    }
}
