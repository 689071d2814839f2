//! The cached key set of an issuer.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicI64, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;

use super::{KeySet, PublicKey};
use crate::{tasks::Misses, time::UnixTime};

/// The current key set of an issuer. Requests read it without locking; a background task replaces it.
pub struct JwksCache {
    keys: ArcSwapOption<KeySet>,
    /// When the issuer last confirmed the keys.
    confirmed_at: AtomicI64,
    /// `None` for configured keys, which never become stale.
    max_stale: Option<Duration>,
    /// Incremented when the keys change.
    generation: AtomicU64,
    /// Whether the issuer has said that it has no such key set.
    is_absent: AtomicBool,
    misses: Misses,
}

/// The key set is missing or stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no current key set")]
pub struct NotCurrent;

impl JwksCache {
    /// A cache with configured keys, which never change or become stale.
    pub fn fixed(keys: KeySet) -> Self {
        Self::with(Some(Arc::new(keys)), None)
    }

    /// An empty cache, filled by a background task. Keys become stale `max_stale` after the issuer last confirmed them.
    pub fn refreshed(max_stale: Duration) -> Self {
        Self::with(None, Some(max_stale))
    }

    /// An empty cache of an issuer that has no such key set.
    #[cfg(feature = "client")]
    pub(crate) fn absent() -> Self {
        let absent = Self::with(None, None);
        absent.mark_absent();
        absent
    }

    fn with(keys: Option<Arc<KeySet>>, max_stale: Option<Duration>) -> Self {
        Self {
            keys: ArcSwapOption::new(keys),
            confirmed_at: AtomicI64::new(0),
            max_stale,
            generation: AtomicU64::new(0),
            is_absent: AtomicBool::new(false),
            misses: Misses::default(),
        }
    }

    /// The key with the id `kid`, or `None` if the issuer does not publish it.
    ///
    /// # Errors
    /// [`NotCurrent`] if the keys are missing or stale.
    pub fn find(&self, kid: Option<&str>, now: UnixTime) -> Result<Option<Arc<PublicKey>>, NotCurrent> {
        let keys = self.keys.load();
        let keys = keys.as_deref().filter(|_| self.is_within_max_stale(now)).ok_or(NotCurrent)?;
        Ok(keys.find(kid))
    }

    /// Whether there are keys that are not stale, so that tokens can be verified.
    pub fn is_current(&self, now: UnixTime) -> bool {
        self.keys.load().is_some() && self.is_within_max_stale(now)
    }

    /// The time since the issuer last confirmed the keys; `None` for configured keys and if there are none.
    pub fn age(&self, now: UnixTime) -> Option<Duration> {
        (self.max_stale.is_some() && self.keys.load().is_some()).then(|| now.since(self.confirmed_at()))
    }

    /// Stores the keys that the issuer published at `now`.
    pub fn replace(&self, keys: KeySet, now: UnixTime) {
        self.confirmed_at.store(now.seconds(), Relaxed);
        self.log_ignored(&keys);
        let before = self.keys.swap(Some(Arc::new(keys)));
        self.is_absent.store(false, Relaxed);
        let is_same =
            before.is_some_and(|before| self.keys.load().as_deref().is_some_and(|now| before.is_same_as(now)));
        if !is_same {
            // Only after the swap, so that no token verified with the old keys is assigned to the new generation.
            self.generation.fetch_add(1, Release);
        }
    }

    /// Once for each change, not with each fetch.
    fn log_ignored(&self, keys: &KeySet) {
        let before = self.keys.load();
        if before.as_deref().is_none_or(|before| before.ignored() != keys.ignored()) {
            for line in keys.ignored() {
                log::info!("ignored in the issuer's key set: {line}");
            }
        }
    }

    /// Records that the issuer has no such key set: its metadata was read and names none.
    pub fn mark_absent(&self) {
        if self.keys.swap(None).is_some() {
            self.generation.fetch_add(1, Release);
        }
        self.is_absent.store(true, Relaxed);
    }

    /// Whether the issuer has said that it has no such key set.
    pub fn is_absent(&self) -> bool {
        self.is_absent.load(Relaxed)
    }

    /// Whether the issuer has not been heard yet: there are no keys, and nobody knows whether there should be.
    #[cfg(feature = "client")]
    pub(crate) fn is_unknown(&self) -> bool {
        self.keys.load().is_none() && !self.is_absent()
    }

    /// The number of changes so far. Tokens verified in an earlier generation must be verified again.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Acquire)
    }

    /// Records that the issuer confirmed the current keys at `now`.
    pub fn confirm(&self, now: UnixTime) {
        self.confirmed_at.store(now.seconds(), Relaxed);
    }

    /// Requests a refetch because of an unknown key, and waits until the task has fetched or declined to.
    pub(crate) async fn refetch(&self) {
        if self.max_stale.is_some() {
            self.misses.refetch().await;
        }
    }

    /// Whether a refetch would be declined: the keys are configured, or the task has just declined one, and this miss is counted.
    pub(crate) fn declines_refetch(&self) -> bool {
        self.max_stale.is_none() || self.misses.count_declined()
    }

    /// Waits for the next fetch without requesting one: while there are no keys, the task fetches anyway.
    #[cfg(feature = "client")]
    pub(crate) async fn next_refresh(&self) {
        if self.max_stale.is_some() {
            self.misses.next_refresh().await;
        }
    }

    /// The number of tokens with an unknown key so far.
    pub fn misses(&self) -> u64 {
        self.misses.count()
    }

    /// Waits until a token has an unknown key. For the task that refreshes the cache.
    pub async fn next_miss(&self) {
        self.misses.next_miss().await;
    }

    /// Wakes requests that wait for a fetch. For the task that refreshes the cache.
    pub fn notify_refreshed(&self) {
        self.misses.notify_refreshed();
    }

    #[cfg(feature = "client")]
    pub(crate) fn missed(&self) -> &Misses {
        &self.misses
    }

    /// Whether the keys, if any, are not stale.
    pub(crate) fn is_within_max_stale(&self, now: UnixTime) -> bool {
        self.max_stale.is_none_or(|max_stale| now.since(self.confirmed_at()) <= max_stale)
    }

    fn confirmed_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.confirmed_at.load(Relaxed))
    }
}
