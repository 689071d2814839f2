//! The key set as it is now.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{sync::Notify, time::timeout};

use super::{KeySet, PublicKey};
use crate::UnixTime;

/// The key set of one issuer as it is now: read by every request without a lock, replaced by one loop.
pub struct KeyStore {
    keys: ArcSwapOption<KeySet>,
    /// When the issuer last said that these are its keys.
    confirmed_at: AtomicI64,
    freshness: Freshness,
}

enum Freshness {
    /// A key from configuration: good for ever, and nobody to ask for another.
    Fixed,
    Refreshed {
        max_stale: Duration,
        misses: AtomicU64,
        wanted: Notify,
        looked: Notify,
    },
}

/// There is no key set, or none young enough to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no current key set")]
pub struct NotCurrent;

impl KeyStore {
    /// How long a request waits for the loop to look for its key.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Keys from configuration, which never change.
    pub fn fixed(keys: KeySet) -> Self {
        Self { keys: ArcSwapOption::from_pointee(keys), confirmed_at: AtomicI64::new(0), freshness: Freshness::Fixed }
    }

    /// No keys yet: a loop fetches them, and they count for `max_stale` after the issuer last confirmed them.
    pub fn refreshed(max_stale: Duration) -> Self {
        Self {
            keys: ArcSwapOption::empty(),
            confirmed_at: AtomicI64::new(0),
            freshness: Freshness::Refreshed {
                max_stale,
                misses: AtomicU64::new(0),
                wanted: Notify::new(),
                looked: Notify::new(),
            },
        }
    }

    /// The key that a token's `kid` names, if the issuer publishes it.
    ///
    /// # Errors
    /// [`NotCurrent`] while nothing can be said of any key.
    pub fn find(&self, kid: Option<&str>, now: UnixTime) -> Result<Option<Arc<PublicKey>>, NotCurrent> {
        let keys = self.keys.load();
        let keys = keys.as_deref().filter(|_| self.is_within_max_stale(now)).ok_or(NotCurrent)?;
        Ok(keys.find(kid))
    }

    /// Whether tokens can be verified: what readiness asks.
    pub fn is_current(&self, now: UnixTime) -> bool {
        self.keys.load().is_some() && self.is_within_max_stale(now)
    }

    /// How long ago the issuer last confirmed these keys; `None` for keys from configuration, and while there are none.
    pub fn age(&self, now: UnixTime) -> Option<Duration> {
        let is_refreshed = matches!(self.freshness, Freshness::Refreshed { .. });
        (is_refreshed && self.keys.load().is_some()).then(|| now.since(self.confirmed_at()))
    }

    /// The keys that the issuer published at `now`.
    pub fn replace(&self, keys: KeySet, now: UnixTime) {
        self.confirmed_at.store(now.seconds(), Relaxed);
        self.keys.store(Some(Arc::new(keys)));
    }

    /// The issuer says that nothing has changed.
    pub fn confirm(&self, now: UnixTime) {
        self.confirmed_at.store(now.seconds(), Relaxed);
    }

    /// Asks the loop to look for a key that is not in the set, and waits until it has looked or has declined to.
    pub(crate) async fn look_again(&self) {
        if let Freshness::Refreshed { misses, wanted, looked, .. } = &self.freshness {
            let looked = looked.notified();
            misses.fetch_add(1, Relaxed);
            wanted.notify_one();
            // Past the patience the answer is that of the keys at hand.
            let _ = timeout(Self::PATIENCE, looked).await;
        }
    }

    /// How many tokens so far have named a key that was not in the set.
    pub fn misses(&self) -> u64 {
        match &self.freshness {
            Freshness::Fixed => 0,
            Freshness::Refreshed { misses, .. } => misses.load(Relaxed),
        }
    }

    /// Resolves when a token names a key that is not in the set. For the loop that refreshes this store.
    pub async fn miss(&self) {
        match &self.freshness {
            Freshness::Fixed => std::future::pending().await,
            Freshness::Refreshed { wanted, .. } => wanted.notified().await,
        }
    }

    /// Lets those go on who wait for a look at the issuer's keys.
    pub fn has_looked(&self) {
        if let Freshness::Refreshed { looked, .. } = &self.freshness {
            looked.notify_waiters();
        }
    }

    fn is_within_max_stale(&self, now: UnixTime) -> bool {
        match &self.freshness {
            Freshness::Fixed => true,
            Freshness::Refreshed { max_stale, .. } => now.since(self.confirmed_at()) <= *max_stale,
        }
    }

    fn confirmed_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.confirmed_at.load(Relaxed))
    }
}
