//! Lifetimes of sessions and their tokens.

use std::time::Duration;

use shared::UnixTime;

use super::{granted::Granted, session::Session};
use crate::{
    client_info::ClientInfo,
    config::{LimitConfig, TokenConfig},
    guessing::error::TooManyRequests,
    ids::{SessionId, UserId},
    rate::Rate,
};

/// Lifetimes of sessions and their tokens.
#[derive(Clone, Copy)]
pub struct Lifetimes {
    access: Duration,
    refresh: Duration,
    session: Duration,
    /// How long a spent refresh token is accepted again while its successor is unused.
    pub reuse_grace: Duration,
    /// How many sessions a user may have; `None` for any number.
    pub max_sessions: Option<u32>,
    /// How many access tokens a session may have, in seconds.
    pub tokens: Rate,
}

/// What a user has granted to an application.
pub struct ApplicationGrant {
    /// The client.
    pub client_id: String,
    /// What for.
    pub granted: Granted,
    /// When the user last proved who they are.
    pub auth_time: UnixTime,
}

impl Lifetimes {
    /// As configured.
    pub fn new(config: &TokenConfig, limits: &LimitConfig) -> Self {
        let unlimited = Rate { burst: 1, period: 0 };
        let per_session =
            Rate { burst: limits.session_burst, period: i64::from(60 / limits.session_per_minute.clamp(1, 60)) };
        Self {
            max_sessions: limits.enabled.then_some(limits.sessions_per_user),
            tokens: if limits.enabled { per_session } else { unlimited },
            access: Duration::from_secs(config.access_ttl_secs.into()),
            refresh: Duration::from_secs(config.refresh_ttl_secs.into()),
            session: Duration::from_secs(config.session_ttl_secs.into()),
            reuse_grace: Duration::from_secs(config.reuse_grace_secs.into()),
        }
    }

    /// A session that begins now.
    pub fn new_session(&self, user_id: UserId, client: ClientInfo, now: UnixTime) -> Session {
        let ends_at = now.plus(self.session);
        Session {
            id: SessionId::generate(),
            user_id,
            device: client.device,
            address: client.address.unwrap_or_default(),
            created_at: now,
            last_used_at: now,
            auth_time: now,
            generation: 1,
            rotated_at: now,
            idle_ends_at: ends_at.min(self.idle_end(now)),
            ends_at,
            revoked_at: None,
            tokens_full_at: None,
            browser_id: None,
            client_id: None,
            granted: None,
        }
    }

    /// The session of a browser that begins now.
    pub fn new_browser_session(&self, user_id: UserId, client: ClientInfo, now: UnixTime) -> Session {
        let session = self.new_session(user_id, client, now);
        Session { browser_id: Some(session.id), ..session }
    }

    /// The session of an application beneath that of a browser.
    pub fn new_application_session(&self, browser: &Session, grant: ApplicationGrant, now: UnixTime) -> Session {
        let client = ClientInfo { device: browser.device.clone(), address: Some(browser.address.clone()) };
        let session = self.new_session(browser.user_id, client, now);
        let ApplicationGrant { client_id, granted, auth_time } = grant;
        Session {
            auth_time,
            browser_id: Some(browser.id),
            client_id: Some(client_id),
            granted: Some(granted),
            ..session
        }
    }

    /// When a session expires that is not refreshed after `now`.
    pub fn idle_end(&self, now: UnixTime) -> UnixTime {
        now.plus(self.refresh)
    }

    /// The error of a session that has had too many access tokens.
    pub fn too_many_tokens(&self, session: &Session, now: UnixTime) -> TooManyRequests {
        let wait = self.tokens.take(session.tokens_full_at.unwrap_or(0), now.seconds()).err().unwrap_or(1);
        TooManyRequests { retry_after: Duration::from_secs(wait.unsigned_abs()) }
    }

    /// No access token outlives its session, refreshed or not.
    pub fn access_token_end(&self, session: &Session, now: UnixTime) -> UnixTime {
        now.plus(self.access).min(session.expires_at())
    }
}
