//! The current key set.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicI64, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;

use super::{KeySet, PublicKey};
use crate::{tasks::Misses, time::UnixTime};

/// The current key set of one issuer: read by every request without a lock, replaced by one task.
pub struct JwksCache {
    keys: ArcSwapOption<KeySet>,
    /// When the issuer last said that these are its keys.
    confirmed_at: AtomicI64,
    /// `None` for a key from configuration, which never expires.
    max_stale: Option<Duration>,
    /// Grows each time the keys are others than before.
    generation: AtomicU64,
    misses: Misses,
}

/// There is no key set, or none young enough to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no current key set")]
pub struct NotCurrent;

impl JwksCache {
    /// Keys from configuration, which never change.
    pub fn fixed(keys: KeySet) -> Self {
        Self::with(Some(Arc::new(keys)), None)
    }

    /// No keys yet: a task fetches them, and they are trusted for `max_stale` after the issuer last confirmed them.
    pub fn refreshed(max_stale: Duration) -> Self {
        Self::with(None, Some(max_stale))
    }

    fn with(keys: Option<Arc<KeySet>>, max_stale: Option<Duration>) -> Self {
        Self {
            keys: ArcSwapOption::new(keys),
            confirmed_at: AtomicI64::new(0),
            max_stale,
            generation: AtomicU64::new(0),
            misses: Misses::default(),
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
        (self.max_stale.is_some() && self.keys.load().is_some()).then(|| now.since(self.confirmed_at()))
    }

    /// The keys that the issuer published at `now`.
    pub fn replace(&self, keys: KeySet, now: UnixTime) {
        self.confirmed_at.store(now.seconds(), Relaxed);
        let before = self.keys.swap(Some(Arc::new(keys)));
        let is_same =
            before.is_some_and(|before| self.keys.load().as_deref().is_some_and(|now| before.is_same_as(now)));
        if !is_same {
            // After the keys are in place: what is verified with the old ones never belongs to the new generation.
            self.generation.fetch_add(1, Release);
        }
    }

    /// Counts the changes of the keys. What was verified under an earlier number is to be verified again.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Acquire)
    }

    /// The issuer says that nothing has changed.
    pub fn confirm(&self, now: UnixTime) {
        self.confirmed_at.store(now.seconds(), Relaxed);
    }

    /// Asks the loop to look for a key that is not in the set, and waits until it has looked or has declined to.
    pub(crate) async fn look_again(&self) {
        if self.max_stale.is_some() {
            self.misses.look_again().await;
        }
    }

    /// Waits until the loop has looked, without asking it to: where there are no keys, it does so anyway.
    #[cfg(feature = "client")]
    pub(crate) async fn next_look(&self) {
        if self.max_stale.is_some() {
            self.misses.next_look().await;
        }
    }

    /// How many tokens so far have named a key that was not in the set.
    pub fn misses(&self) -> u64 {
        self.misses.count()
    }

    /// Resolves when a token names a key that is not in the set. For the loop that refreshes this store.
    pub async fn miss(&self) {
        self.misses.one_more().await;
    }

    /// Wakes requests that wait for a refresh. For the refresh task.
    pub fn notify_refreshed(&self) {
        self.misses.notify_refreshed();
    }

    #[cfg(feature = "client")]
    pub(crate) fn missed(&self) -> &Misses {
        &self.misses
    }

    /// Whether keys that are there are young enough to trust.
    pub(crate) fn is_within_max_stale(&self, now: UnixTime) -> bool {
        self.max_stale.is_none_or(|max_stale| now.since(self.confirmed_at()) <= max_stale)
    }

    fn confirmed_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.confirmed_at.load(Relaxed))
    }
}
