//! Where sessions are kept.

use std::{error::Error, pin::Pin, sync::Arc};

use super::{issuer_session::EndedLogin, login_session::LoginSession, session_id::SessionId};
use crate::time::UnixTime;

/// Sessions cannot be read or written, for example because a database is down. Requests get 503.
#[derive(Debug, thiserror::Error)]
#[error("sessions are not available: {0}")]
pub struct SessionsError(#[from] pub Box<dyn Error + Send + Sync>);

/// The result of a [`LoginSessions`] method.
pub type SessionsFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionsError>> + Send + 'a>>;

/// Where sessions are kept: in memory by default ([`MemorySessions`](super::MemorySessions)), or wherever all nodes of an
/// application find them. Tokens in it are secrets.
pub trait LoginSessions: Send + Sync + 'static {
    /// Stores a new session.
    fn insert<'a>(&'a self, id: &'a SessionId, session: LoginSession, now: UnixTime) -> SessionsFuture<'a, ()>;

    /// The session, if it is stored and live.
    fn find<'a>(&'a self, id: &'a SessionId, now: UnixTime) -> SessionsFuture<'a, Option<Arc<LoginSession>>>;

    /// Replaces the session; `false`, and nothing is stored, if it has ended meanwhile.
    fn update<'a>(&'a self, id: &'a SessionId, session: LoginSession, now: UnixTime) -> SessionsFuture<'a, bool>;

    /// Ends the session and returns it.
    fn remove<'a>(&'a self, id: &'a SessionId) -> SessionsFuture<'a, Option<Arc<LoginSession>>>;

    /// Ends the sessions that a logout at the issuer ends ([`LoginSession::is_ended_by`]), and returns their number.
    fn remove_ended<'a>(&'a self, ended: &'a EndedLogin) -> SessionsFuture<'a, usize>;

    /// Records the id of a logout token until it expires; `false` if it is recorded already.
    fn spend_logout_token<'a>(&'a self, jti: &'a str, expires_at: UnixTime, now: UnixTime) -> SessionsFuture<'a, bool>;
}
