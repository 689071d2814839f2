//! A session of a user in the application.

use serde_json::{Map, Value};

use super::issuer_session::EndedLogin;
use crate::{secret::Secret, time::UnixTime};

/// The session of a user who has logged in. It stays on the server; the browser has only a cookie with a random value.
#[derive(Clone)]
pub struct LoginSession {
    /// The claims of the ID token.
    pub claims: Map<String, Value>,
    /// The claims from the userinfo endpoint; empty without one.
    pub profile: Map<String, Value>,
    /// The ID token, which tells the issuer at logout whose session ends.
    pub id_token: Secret,
    /// The access token for calls of other services.
    pub access_token: Secret,
    /// The refresh token, if the issuer has returned one.
    pub refresh_token: Option<Secret>,
    /// When the access token is to be renewed.
    pub renew_at: UnixTime,
    /// Until when the access token can be used.
    pub usable_until: UnixTime,
    /// When the session ends, whatever the tokens.
    pub expires_at: UnixTime,
}

impl LoginSession {
    /// The user's id at the issuer: the claim `sub`.
    pub fn subject(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// Whether it is live at `now`. Without a refresh token it ends with the access token, since nobody could tell whether the
    /// issuer's session still lives.
    pub fn is_live(&self, now: UnixTime) -> bool {
        now < self.expires_at && (self.refresh_token.is_some() || now < self.usable_until)
    }

    /// Whether a logout at the issuer ends it.
    pub fn is_ended_by(&self, ended: &EndedLogin) -> bool {
        let is_of =
            |name: &str, value: &Option<String>| value.as_deref().is_none_or(|value| self.text(name) == Some(value));
        is_of("sub", &ended.subject) && is_of("sid", &ended.session)
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }
}
