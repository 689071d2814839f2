//! Claims of clients' access tokens.

use shared::{Claims, UnixTime, claims::ClaimsBuilder};
use uuid::Uuid;

use super::{error::TokenError, issuer::TokenIssuer};
use crate::{keys::key_ring::KeyRing, status::entry::Entry};

/// The contents of a client's access token.
pub struct ClientGrant<'a> {
    /// The client.
    pub client_id: &'a str,
    /// Space-separated; `None` for none.
    pub scope: Option<String>,
    /// The token's entry in a status list.
    pub entry: Entry,
    /// When the token expires.
    pub expires_at: UnixTime,
}

impl TokenIssuer {
    /// An access token for a client as itself: no user, no role, no login (RFC 9068, section 2.2).
    ///
    /// # Errors
    /// [`TokenError`] if there is no signing key, or signing fails.
    pub fn issue_to_client(&self, grant: ClientGrant<'_>, ring: &KeyRing, now: UnixTime) -> Result<String, TokenError> {
        let claims = Claims::builder(&self.issuer, &self.audience, grant.client_id)
            .client_id(grant.client_id)
            .id(Uuid::new_v4())
            .lifetime(now, grant.expires_at)
            .status(grant.entry.claim(&self.issuer));
        let claims = grant.scope.into_iter().fold(claims, ClaimsBuilder::scope).build();
        Ok(ring.current(now)?.key.sign_access_token(&claims)?)
    }
}
