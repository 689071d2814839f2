//! The cached status lists of an issuer.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicI64, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use arc_swap::ArcSwap;

use super::StatusListToken;
use crate::{claims::StatusEntry, tasks::Misses, time::UnixTime};

/// The current status lists of an issuer. Requests read them without locking; a background task refreshes them.
///
/// The task is that of `client::refresh_status_lists` or, in the issuer itself, one that reads the lists from the database.
pub struct StatusListCache {
    lists: ArcSwap<Lists>,
    /// Incremented after each change of `lists`.
    generation: AtomicU64,
    /// Until when all of them are current.
    all_current_until: AtomicI64,
    max_stale: Duration,
    /// Whether the last fetch of the list URIs succeeded.
    is_reachable: AtomicBool,
    misses: Misses,
}

/// By URI; `None` for a list that is published but could not be fetched. There are few lists: comparing some URIs is faster
/// than hashing one.
type Lists = BTreeMap<String, Option<Arc<CachedStatusList>>>;

/// A list and the time when the issuer last confirmed it.
#[derive(Debug)]
pub(crate) struct CachedStatusList {
    token: Arc<StatusListToken>,
    usable_until: UnixTime,
    confirmed_at: AtomicI64,
}

/// The result of looking up a token's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFound {
    /// The list is cached.
    Known {
        /// The entry's value.
        value: u8,
        /// Whether the list is current, not stale.
        is_current: bool,
    },
    /// The index is beyond the end of the list.
    NoSuchEntry,
    /// The issuer does not publish the list.
    NoSuchList,
    /// Unknown: the list could not be fetched, or the issuer did not respond.
    Unavailable,
}

impl CachedStatusList {
    fn new(token: Arc<StatusListToken>, confirmed_at: UnixTime, max_stale: Duration) -> Self {
        let usable_until = token.usable_until(max_stale);
        Self { token, usable_until, confirmed_at: AtomicI64::new(confirmed_at.seconds()) }
    }

    /// When the issuer last confirmed the list.
    pub(crate) fn confirmed_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.confirmed_at.load(Relaxed))
    }

    fn current_until(&self, max_stale: Duration) -> UnixTime {
        let confirmed_until = self.confirmed_at().plus(max_stale).plus(Duration::from_secs(1));
        confirmed_until.min(self.usable_until)
    }

    fn is_current(&self, max_stale: Duration, now: UnixTime) -> bool {
        now < self.current_until(max_stale)
    }
}

impl StatusListCache {
    /// An empty cache. Lists become stale `max_stale` after the issuer last confirmed them, at the latest at their `exp`.
    pub fn new(max_stale: Duration) -> Self {
        Self {
            lists: ArcSwap::default(),
            generation: AtomicU64::new(1),
            all_current_until: AtomicI64::new(i64::MIN),
            max_stale,
            is_reachable: AtomicBool::new(false),
            misses: Misses::default(),
        }
    }

    /// Looks up an entry.
    pub fn find(&self, entry: &StatusEntry, now: UnixTime) -> StatusFound {
        match self.lists.load().get(&entry.uri) {
            Some(Some(cached)) => match cached.token.list.find(entry.idx) {
                Some(value) => StatusFound::Known { value, is_current: cached.is_current(self.max_stale, now) },
                None => StatusFound::NoSuchEntry,
            },
            None if self.is_reachable.load(Relaxed) => StatusFound::NoSuchList,
            Some(None) | None => StatusFound::Unavailable,
        }
    }

    /// The generation of the lists: a token found valid in it is valid as long as it is the current one. Starts at 1.
    pub(super) fn generation(&self) -> u64 {
        // With `changed`: who sees the new generation sees the new lists.
        self.generation.load(Acquire)
    }

    /// Whether no cached list is stale.
    pub(super) fn are_all_current(&self, now: UnixTime) -> bool {
        now.seconds() < self.all_current_until.load(Relaxed)
    }

    fn changed(&self) {
        self.update_current_until();
        self.generation.fetch_add(1, Release);
    }

    fn update_current_until(&self) {
        let lists = self.lists.load();
        let until = lists.values().flatten().map(|cached| cached.current_until(self.max_stale).seconds()).min();
        self.all_current_until.store(until.unwrap_or(i64::MIN), Relaxed);
    }

    /// Replaces all lists by these, confirmed at `now`.
    pub fn replace(&self, tokens: impl IntoIterator<Item = Arc<StatusListToken>>, now: UnixTime) {
        let cached = |token: Arc<StatusListToken>| {
            (token.uri.clone(), Some(Arc::new(CachedStatusList::new(token, now, self.max_stale))))
        };
        self.lists.store(Arc::new(tokens.into_iter().map(cached).collect()));
        self.changed();
        self.is_reachable.store(true, Relaxed);
    }

    /// Records that all lists were confirmed at `now`.
    pub fn confirm(&self, now: UnixTime) {
        for cached in self.lists.load().values().flatten() {
            cached.confirmed_at.store(now.seconds(), Relaxed);
        }
        self.update_current_until();
        self.is_reachable.store(true, Relaxed);
    }

    /// Records that the issuer did not respond. Cached lists are kept.
    pub fn mark_unreachable(&self) {
        self.is_reachable.store(false, Relaxed);
    }

    /// Sets the URIs of all published lists: removes other lists from the cache, and keeps those cached.
    pub fn set_uris<'a>(&self, uris: impl IntoIterator<Item = &'a str> + Clone) {
        self.lists.rcu(|lists| {
            let entry = |uri: &str| (uri.to_owned(), lists.get(uri).cloned().flatten());
            uris.clone().into_iter().map(entry).collect::<Lists>()
        });
        self.changed();
        self.is_reachable.store(true, Relaxed);
    }

    /// Caches a list, confirmed at `now`. Returns `false` and ignores the list if it is older than the cached one, which a
    /// stale HTTP cache may have returned.
    pub fn put(&self, token: StatusListToken, now: UnixTime) -> bool {
        let is_newer =
            |cached: &CachedStatusList| cached.token.issued_at > token.issued_at && cached.token.issued_at <= now;
        if self.cached(&token.uri).is_some_and(|cached| is_newer(&cached)) {
            log::debug!("ignoring a status list older than the cached one: {}", token.uri);
            return false;
        }
        let uri = token.uri.clone();
        let cached = Arc::new(CachedStatusList::new(Arc::new(token), now, self.max_stale));
        self.lists.rcu(|lists| {
            let mut lists = Lists::clone(lists);
            lists.insert(uri.clone(), Some(Arc::clone(&cached)));
            lists
        });
        self.changed();
        true
    }

    /// The cached list with this URI.
    pub(crate) fn cached(&self, uri: &str) -> Option<Arc<CachedStatusList>> {
        self.lists.load().get(uri).cloned().flatten()
    }

    /// The number of cached lists.
    pub fn lists(&self) -> usize {
        self.lists.load().values().flatten().count()
    }

    /// The longest time since a list was confirmed; `None` if no list is cached.
    pub fn age(&self, now: UnixTime) -> Option<Duration> {
        self.lists.load().values().flatten().map(|cached| now.since(cached.confirmed_at())).max()
    }

    /// Whether a list is cached that is not stale.
    pub fn is_current(&self, now: UnixTime) -> bool {
        self.lists.load().values().flatten().any(|cached| cached.is_current(self.max_stale, now))
    }

    /// The number of tokens with an unknown list so far.
    pub fn misses(&self) -> u64 {
        self.misses.count()
    }

    /// Waits until a token has an unknown list. For the task that refreshes the cache.
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

    /// Requests a refetch because of an unknown list, and waits until the task has fetched or declined to.
    pub(crate) async fn refetch(&self) {
        self.misses.refetch().await;
    }
}
