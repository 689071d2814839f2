//! A session: one login, from the password to the last refresh.

use diesel::{Insertable, Queryable};
use shared::UnixTime;

use super::{granted::Granted, refresh_token::RefreshToken};
use crate::{
    ids::{SessionId, UserId},
    schema::sessions,
};

/// A session as it is stored.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// The `User-Agent` at login.
    pub device: String,
    /// The client's address at login.
    pub address: String,
    /// The time of the login.
    pub created_at: UnixTime,
    /// The time of the last refresh.
    pub last_used_at: UnixTime,
    /// When the password was last entered.
    pub auth_time: UnixTime,
    /// The generation of the refresh token that is valid.
    pub generation: i64,
    /// When that generation was issued.
    pub rotated_at: UnixTime,
    /// When it expires without a refresh.
    pub idle_ends_at: UnixTime,
    /// When it expires in any case.
    pub ends_at: UnixTime,
    /// When it was ended early.
    pub revoked_at: Option<UnixTime>,
    /// When it may have its full number of access tokens again.
    pub tokens_full_at: Option<i64>,
    /// The browser session that it belongs to: its own id for a browser session; `None` for a login at `/login`.
    pub browser_id: Option<SessionId>,
    /// The client that its tokens were issued to; `None` if that is auth-service itself.
    pub client_id: Option<String>,
    /// What for; `None` if that is auth-service itself.
    pub granted: Option<Granted>,
}

impl Session {
    /// Whether it is the session of a browser: it has no tokens, and those of applications belong to it.
    pub fn is_browser(&self) -> bool {
        self.browser_id == Some(self.id)
    }

    /// Whether its tokens have that scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.granted.as_ref().is_some_and(|granted| granted.scopes.iter().any(|one| one == scope))
    }

    /// Its refresh token. An application has to ask for one (OpenID Connect Core 1.0, section 11).
    pub fn refresh_token(&self) -> Option<RefreshToken> {
        let is_offered = self.client_id.is_none() || self.has_scope("offline_access");
        is_offered.then_some(RefreshToken { session: self.id, generation: self.generation })
    }

    /// When it expires unless it is refreshed.
    pub fn expires_at(&self) -> UnixTime {
        self.idle_ends_at.min(self.ends_at)
    }

    /// Whether its access tokens are still accepted: an idle session ends with its last access token.
    pub fn is_live(&self, now: UnixTime) -> bool {
        self.revoked_at.is_none() && now < self.ends_at
    }

    /// Whether it can be refreshed.
    pub fn is_refreshable(&self, now: UnixTime) -> bool {
        self.revoked_at.is_none() && now < self.expires_at()
    }
}
