//! Signals cache misses of requests to the task that fetches the document.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

/// Connects requests that miss a key or a status list with the task that can fetch it.
#[derive(Debug, Default)]
pub(crate) struct Misses {
    count: AtomicU64,
    requested: Notify,
    refreshed: Notify,
}

impl Misses {
    /// The maximum time a request waits for the task.
    const MAX_WAIT: Duration = Duration::from_secs(2);

    /// Requests a fetch and waits until the task has fetched or declined to.
    pub(crate) async fn refetch(&self) {
        let refreshed = self.refreshed.notified();
        self.count.fetch_add(1, Relaxed);
        self.requested.notify_one();
        // After a timeout, the cached data decides.
        let _ = timeout(Self::MAX_WAIT, refreshed).await;
    }

    /// Waits for the next fetch without requesting one.
    #[cfg(feature = "client")]
    pub(crate) async fn next_refresh(&self) {
        let _ = timeout(Self::MAX_WAIT, self.refreshed.notified()).await;
    }

    /// The number of misses so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }

    /// Waits for the next miss. Called by the task.
    pub(crate) async fn next_miss(&self) {
        self.requested.notified().await;
    }

    /// Wakes waiting requests. Called by the task after each fetch, or when it declines one.
    pub(crate) fn notify_refreshed(&self) {
        self.refreshed.notify_waiters();
    }
}
