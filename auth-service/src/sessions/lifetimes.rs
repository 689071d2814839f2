//! Lifetimes of sessions and their tokens.

use std::time::Duration;

use shared::UnixTime;

use super::session::Session;
use crate::{
    client_info::ClientInfo,
    config::TokenConfig,
    ids::{SessionId, UserId},
};

/// Lifetimes of sessions and their tokens.
#[derive(Clone, Copy)]
pub struct Lifetimes {
    access: Duration,
    refresh: Duration,
    session: Duration,
    /// How long a spent refresh token is accepted again while its successor is unused.
    pub reuse_grace: Duration,
}

impl Lifetimes {
    /// As configured.
    pub fn new(config: &TokenConfig) -> Self {
        Self {
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
        }
    }

    /// When a session expires that is not refreshed after `now`.
    pub fn idle_end(&self, now: UnixTime) -> UnixTime {
        now.plus(self.refresh)
    }

    /// No access token outlives its session, refreshed or not.
    pub fn access_token_end(&self, session: &Session, now: UnixTime) -> UnixTime {
        now.plus(self.access).min(session.expires_at())
    }
}
