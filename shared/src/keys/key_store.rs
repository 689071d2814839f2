//! The key set as it is now.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;

use super::{KeySet, PublicKey};
use crate::{UnixTime, misses::Misses};

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
        misses: Misses,
    },
}

/// There is no key set, or none young enough to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no current key set")]
pub struct NotCurrent;

impl KeyStore {
    /// Keys from configuration, which never change.
    pub fn fixed(keys: KeySet) -> Self {
        Self { keys: ArcSwapOption::from_pointee(keys), confirmed_at: AtomicI64::new(0), freshness: Freshness::Fixed }
    }

    /// No keys yet: a loop fetches them, and they count for `max_stale` after the issuer last confirmed them.
    pub fn refreshed(max_stale: Duration) -> Self {
        Self {
            keys: ArcSwapOption::empty(),
            confirmed_at: AtomicI64::new(0),
            freshness: Freshness::Refreshed { max_stale, misses: Misses::default() },
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
        if let Some(misses) = self.refreshed_misses() {
            misses.look_again().await;
        }
    }

    /// Waits until the loop has looked, without asking it to: where there are no keys, it does so anyway.
    #[cfg(feature = "client")]
    pub(crate) async fn next_look(&self) {
        if let Some(misses) = self.refreshed_misses() {
            misses.next_look().await;
        }
    }

    /// How many tokens so far have named a key that was not in the set.
    pub fn misses(&self) -> u64 {
        self.refreshed_misses().map_or(0, Misses::count)
    }

    /// Resolves when a token names a key that is not in the set. For the loop that refreshes this store.
    pub async fn miss(&self) {
        match self.refreshed_misses() {
            None => std::future::pending().await,
            Some(misses) => misses.one_more().await,
        }
    }

    /// Lets those go on who wait for a look at the issuer's keys.
    pub fn has_looked(&self) {
        if let Some(misses) = self.refreshed_misses() {
            misses.has_looked();
        }
    }

    fn refreshed_misses(&self) -> Option<&Misses> {
        match &self.freshness {
            Freshness::Fixed => None,
            Freshness::Refreshed { misses, .. } => Some(misses),
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
