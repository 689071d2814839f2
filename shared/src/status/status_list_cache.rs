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
    is_answered: AtomicBool,
    misses: Misses,
}

/// By URI; `None` for a list that is published but could not be fetched. There are few lists: comparing some URIs is faster
/// than hashing one.
type Lists = BTreeMap<String, Option<Arc<HeldStatusList>>>;

/// A list and the time when the issuer last confirmed it.
#[derive(Debug)]
pub(crate) struct HeldStatusList {
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

impl HeldStatusList {
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
            is_answered: AtomicBool::new(false),
            misses: Misses::default(),
        }
    }

    /// Looks up an entry.
    pub fn find(&self, entry: &StatusEntry, now: UnixTime) -> StatusFound {
        match self.lists.load().get(&entry.uri) {
            Some(Some(held)) => match held.token.list.find(entry.idx) {
                Some(value) => StatusFound::Known { value, is_current: held.is_current(self.max_stale, now) },
                None => StatusFound::NoSuchEntry,
            },
            None if self.is_answered.load(Relaxed) => StatusFound::NoSuchList,
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
        self.note_currency();
        self.generation.fetch_add(1, Release);
    }

    fn note_currency(&self) {
        let lists = self.lists.load();
        let until = lists.values().flatten().map(|held| held.current_until(self.max_stale).seconds()).min();
        self.all_current_until.store(until.unwrap_or(i64::MIN), Relaxed);
    }

    /// Replaces all lists by these, confirmed at `now`.
    pub fn replace(&self, tokens: impl IntoIterator<Item = Arc<StatusListToken>>, now: UnixTime) {
        let held = |token: Arc<StatusListToken>| {
            (token.uri.clone(), Some(Arc::new(HeldStatusList::new(token, now, self.max_stale))))
        };
        self.lists.store(Arc::new(tokens.into_iter().map(held).collect()));
        self.changed();
        self.is_answered.store(true, Relaxed);
    }

    /// Records that all lists were confirmed at `now`.
    pub fn confirm(&self, now: UnixTime) {
        for held in self.lists.load().values().flatten() {
            held.confirmed_at.store(now.seconds(), Relaxed);
        }
        self.note_currency();
        self.is_answered.store(true, Relaxed);
    }

    /// Records that the issuer did not respond. Cached lists are kept.
    pub fn miss_answer(&self) {
        self.is_answered.store(false, Relaxed);
    }

    /// Sets the URIs of all published lists: removes other lists from the cache, and keeps those cached.
    pub fn name_all<'a>(&self, uris: impl IntoIterator<Item = &'a str> + Clone) {
        self.lists.rcu(|lists| {
            let kept = |uri: &str| (uri.to_owned(), lists.get(uri).cloned().flatten());
            uris.clone().into_iter().map(kept).collect::<Lists>()
        });
        self.changed();
        self.is_answered.store(true, Relaxed);
    }

    /// Caches a list, confirmed at `now`. Returns `false` and ignores the list if it is older than the cached one, which a
    /// stale HTTP cache may have returned.
    pub fn put(&self, token: StatusListToken, now: UnixTime) -> bool {
        let is_newer = |held: &HeldStatusList| held.token.issued_at > token.issued_at && held.token.issued_at <= now;
        if self.held(&token.uri).is_some_and(|held| is_newer(&held)) {
            log::debug!("ignoring a status list older than the cached one: {}", token.uri);
            return false;
        }
        let uri = token.uri.clone();
        let held = Arc::new(HeldStatusList::new(Arc::new(token), now, self.max_stale));
        self.lists.rcu(|lists| {
            let mut lists = Lists::clone(lists);
            lists.insert(uri.clone(), Some(Arc::clone(&held)));
            lists
        });
        self.changed();
        true
    }

    /// The cached list with this URI.
    pub(crate) fn held(&self, uri: &str) -> Option<Arc<HeldStatusList>> {
        self.lists.load().get(uri).cloned().flatten()
    }

    /// The number of cached lists.
    pub fn lists(&self) -> usize {
        self.lists.load().values().flatten().count()
    }

    /// The longest time since a list was confirmed; `None` if no list is cached.
    pub fn age(&self, now: UnixTime) -> Option<Duration> {
        self.lists.load().values().flatten().map(|held| now.since(held.confirmed_at())).max()
    }

    /// Whether a list is cached that is not stale.
    pub fn is_current(&self, now: UnixTime) -> bool {
        self.lists.load().values().flatten().any(|held| held.is_current(self.max_stale, now))
    }

    /// The number of tokens with an unknown list so far.
    pub fn misses(&self) -> u64 {
        self.misses.count()
    }

    /// Waits until a token has an unknown list. For the task that refreshes the cache.
    pub async fn miss(&self) {
        self.misses.one_more().await;
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
