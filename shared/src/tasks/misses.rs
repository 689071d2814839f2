//! Signals cache misses of requests to the task that fetches the document.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time::timeout};

/// Connects requests that miss a key or a status list with the task that can fetch it.
#[derive(Debug)]
pub(crate) struct Misses {
    count: AtomicU64,
    requested: Notify,
    refreshed: Notify,
    began: Instant,
    /// In milliseconds since `began`.
    declines_until: AtomicU64,
}

impl Default for Misses {
    fn default() -> Self {
        Self {
            count: AtomicU64::new(0),
            requested: Notify::new(),
            refreshed: Notify::new(),
            began: Instant::now(),
            declines_until: AtomicU64::new(0),
        }
    }
}

impl Misses {
    /// The maximum time a request waits for the task.
    const MAX_WAIT: Duration = Duration::from_secs(2);

    /// Requests a fetch and waits until the task has fetched or declined to.
    pub(crate) async fn refetch(&self) {
        if self.count_declined() {
            return;
        }
        let refreshed = self.refreshed.notified();
        self.count.fetch_add(1, Relaxed);
        self.requested.notify_one();
        // After a timeout, the cached data decides.
        let _ = timeout(Self::MAX_WAIT, refreshed).await;
    }

    /// Counts a miss if the task has just declined to fetch and would again, as in a flood. Whether it did.
    pub(crate) fn count_declined(&self) -> bool {
        let is_declined = self.elapsed_ms() < self.declines_until.load(Relaxed);
        if is_declined {
            self.count.fetch_add(1, Relaxed);
        }
        is_declined
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

    /// Wakes waiting requests. Called by the task after each fetch.
    pub(crate) fn notify_refreshed(&self) {
        self.refreshed.notify_waiters();
    }

    /// Wakes waiting requests without a fetch, and declines further ones for a moment: in a flood, none should cost the task a
    /// turn. Called by the task.
    #[cfg(feature = "client")]
    pub(crate) fn decline(&self) {
        const FOR_MS: u64 = 100;
        self.declines_until.store(self.elapsed_ms() + FOR_MS, Relaxed);
        self.refreshed.notify_waiters();
    }

    /// Ends declining: a fetch begins, which those that miss something may wait for. Called by the task.
    #[cfg(feature = "client")]
    pub(crate) fn accept_again(&self) {
        self.declines_until.store(0, Relaxed);
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
