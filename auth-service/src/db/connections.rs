//! The pool in use, and its replacement once work on it hangs.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use tokio::sync::Semaphore;

use super::{DatabaseUrl, pool::Pool};

/// The pool in use.
///
/// A frozen server keeps its connections open, and a call that waits for a response on one of them waits until it continues,
/// while another server has long taken over. A call that blocks cannot be cancelled. So the whole pool is left to the work
/// that hangs, and replaced by one that connects again.
#[derive(Clone)]
pub(super) struct Connections {
    url: DatabaseUrl,
    state: Arc<RwLock<State>>,
}

/// A pool, and a permit for each of its connections: waiting happens here, where it has a timeout and blocks no thread.
#[derive(Clone)]
pub(super) struct Slots {
    pub(super) pool: Pool,
    pub(super) permits: Arc<Semaphore>,
}

struct State {
    current: Slots,
    /// Work that hangs keeps its permit.
    abandoned: Vec<Weak<Semaphore>>,
}

/// How many pools may be left to work that hangs: each occupies threads, and connections of a server that may be alive.
const MAX_ABANDONED: usize = 3;

impl Connections {
    pub(super) fn new(url: &DatabaseUrl, pool: Pool) -> Self {
        let state = State { current: Slots::over(pool), abandoned: Vec::new() };
        Self { url: url.clone(), state: Arc::new(RwLock::new(state)) }
    }

    pub(super) fn current(&self) -> Slots {
        self.state.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// Replaces a pool on which work hangs, unless that has been done.
    pub(super) fn abandon(&self, hung: &Slots) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.abandoned.retain(|permits| permits.strong_count() > 0);
        if !Arc::ptr_eq(&state.current.permits, &hung.permits) || state.abandoned.len() >= MAX_ABANDONED {
            return;
        }
        match Pool::beside(&self.url, hung.pool.max_size()) {
            Ok(pool) => {
                log::warn!("the database does not respond: abandoning its connections and opening new ones");
                hung.pool.begin_epoch();
                state.abandoned.push(Arc::downgrade(&hung.permits));
                state.current = Slots::over(pool);
            }
            Err(error) => log::warn!("cannot replace hanging connections: {error}"),
        }
    }
}

impl Slots {
    fn over(pool: Pool) -> Self {
        let permits = Arc::new(Semaphore::new(pool.max_size() as usize));
        Self { pool, permits }
    }
}
