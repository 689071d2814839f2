//! One refresh at a time for each session.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Mutex as AsyncMutex;

use super::session_id::SessionId;

/// Locks of the sessions that are being refreshed: of two requests with one refresh token, the issuer would take the second for
/// a theft.
#[derive(Default)]
pub(super) struct RefreshTurns(Mutex<HashMap<SessionId, Weak<AsyncMutex<()>>>>);

impl RefreshTurns {
    pub(super) fn of(&self, id: &SessionId) -> Arc<AsyncMutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(id).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.retain(|_, turn| turn.strong_count() > 0);
        turns.insert(*id, Arc::downgrade(&turn));
        turn
    }
}
