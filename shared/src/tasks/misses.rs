//! How requests that miss something tell the loop that fetches it.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

/// Between the requests that look for a key or a status list in vain and the loop that may fetch it.
#[derive(Debug, Default)]
pub(crate) struct Misses {
    count: AtomicU64,
    wanted: Notify,
    looked: Notify,
}

impl Misses {
    /// How long a request waits for the loop.
    const MAX_WAIT: Duration = Duration::from_secs(2);

    /// Asks the loop to look, and waits until it has looked or has declined to.
    pub(crate) async fn look_again(&self) {
        let looked = self.looked.notified();
        self.count.fetch_add(1, Relaxed);
        self.wanted.notify_one();
        // After a timeout, the cached data decides.
        let _ = timeout(Self::MAX_WAIT, looked).await;
    }

    /// Waits until the loop has looked, without asking it to.
    #[cfg(feature = "client")]
    pub(crate) async fn next_look(&self) {
        let _ = timeout(Self::MAX_WAIT, self.looked.notified()).await;
    }

    /// How many there have been so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }

    /// Resolves when there is one more. For the loop.
    pub(crate) async fn one_more(&self) {
        self.wanted.notified().await;
    }

    /// Wakes waiting requests. For the task.
    pub(crate) fn notify_refreshed(&self) {
        self.looked.notify_waiters();
    }
}
