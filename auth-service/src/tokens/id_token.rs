//! ID tokens.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use shared::UnixTime;

use super::{error::TokenError, issuer::TokenIssuer};
use crate::{
    ids::{SessionId, UserId},
    keys::key_ring::KeyRing,
};

/// The authentication context and method of a login with a password. Each has a fixed name (RFC 8176 for the method).
pub const PASSWORD: &str = "pwd";

/// The contents of an ID token.
pub struct IdGrant<'a> {
    /// Who logged in.
    pub user: UserId,
    /// The application.
    pub client_id: &'a str,
    /// The browser's session: a logout token names it.
    pub browser: SessionId,
    /// When the password was last entered.
    pub auth_time: UnixTime,
    /// As the application sent it.
    pub nonce: Option<&'a str>,
    /// The access token that is issued with it.
    pub access_token: &'a str,
    /// When the token expires.
    pub expires_at: UnixTime,
}

/// Neither the name nor the address is among them: with the authorization code flow they are at the userinfo endpoint (OpenID
/// Connect Core 1.0, section 5.4).
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    exp: UnixTime,
    iat: UnixTime,
    auth_time: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
    acr: &'static str,
    amr: [&'static str; 1],
    sid: SessionId,
}

impl TokenIssuer {
    /// An ID token, signed by the ID key (OpenID Connect Core 1.0, section 2).
    ///
    /// # Errors
    /// [`TokenError`] if there is no signing key, or signing fails.
    pub fn issue_id_token(&self, grant: &IdGrant<'_>, ring: &KeyRing, now: UnixTime) -> Result<String, TokenError> {
        let claims = IdClaims {
            iss: &self.issuer,
            sub: grant.user.to_string(),
            aud: grant.client_id,
            exp: grant.expires_at,
            iat: now,
            auth_time: grant.auth_time,
            nonce: grant.nonce,
            at_hash: at_hash(grant.access_token),
            acr: PASSWORD,
            amr: [PASSWORD],
            sid: grant.browser,
        };
        Ok(ring.current_id_key(now)?.sign_id_token(&claims)?)
    }
}

/// The left half of the access token's SHA-256 (OpenID Connect Core 1.0, section 3.1.3.6).
fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    let half = hash.as_ref().iter().copied().take(16);
    URL_SAFE_NO_PAD.encode(half.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_that_of_the_example_of_the_standard() {
        // OpenID Connect Core 1.0, section A.3.
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
