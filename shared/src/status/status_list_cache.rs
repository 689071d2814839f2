//! The current status lists.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;

use super::StatusListToken;
use crate::{claims::StatusEntry, tasks::Misses, time::UnixTime};

/// The current status lists of one issuer: read by every request without a lock, refreshed by one task.
///
/// The loop is `client::StatusRefresher`, or, in the issuer itself, one that reads the lists where they are kept.
pub struct StatusListCache {
    lists: ArcSwap<Lists>,
    max_stale: Duration,
    /// Whether the last request for the list of lists succeeded.
    is_answered: AtomicBool,
    misses: Misses,
}

/// By URI; `None` for a list that the issuer announces but that could not be fetched. They are few: comparing some URIs costs
/// less than hashing one.
type Lists = BTreeMap<String, Option<Arc<HeldStatusList>>>;

/// A list, and when the issuer last confirmed it.
#[derive(Debug)]
pub(crate) struct HeldStatusList {
    token: Arc<StatusListToken>,
    usable_until: UnixTime,
    confirmed_at: AtomicI64,
}

/// What is known of a token's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFound {
    /// The list says so.
    Known {
        /// The entry's value.
        value: u8,
        /// Whether the list is young enough to rely on.
        is_current: bool,
    },
    /// The list ends before that entry.
    NoSuchEntry,
    /// The issuer, asked just now, has no such list.
    NoSuchList,
    /// Unknown: the list could not be fetched, or the issuer does not say whether it exists.
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

    fn is_current(&self, max_stale: Duration, now: UnixTime) -> bool {
        now.since(self.confirmed_at()) <= max_stale && now < self.usable_until
    }
}

impl StatusListCache {
    /// No lists yet. Each is valid for `max_stale` after the issuer last confirmed it, but not after its own `exp`.
    pub fn new(max_stale: Duration) -> Self {
        Self { lists: ArcSwap::default(), max_stale, is_answered: AtomicBool::new(false), misses: Misses::default() }
    }

    /// What is known of that entry.
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

    /// These are all lists there are at `now`.
    pub fn replace(&self, tokens: impl IntoIterator<Item = Arc<StatusListToken>>, now: UnixTime) {
        let held = |token: Arc<StatusListToken>| {
            (token.uri.clone(), Some(Arc::new(HeldStatusList::new(token, now, self.max_stale))))
        };
        self.lists.store(Arc::new(tokens.into_iter().map(held).collect()));
        self.is_answered.store(true, Relaxed);
    }

    /// All lists are as before.
    pub fn confirm(&self, now: UnixTime) {
        for held in self.lists.load().values().flatten() {
            held.confirmed_at.store(now.seconds(), Relaxed);
        }
        self.is_answered.store(true, Relaxed);
    }

    /// The issuer did not respond; the cached lists remain valid.
    pub fn miss_answer(&self) {
        self.is_answered.store(false, Relaxed);
    }

    /// These are the URIs of all lists; cached ones are kept.
    pub fn name_all<'a>(&self, uris: impl IntoIterator<Item = &'a str> + Clone) {
        self.lists.rcu(|lists| {
            let kept = |uri: &str| (uri.to_owned(), lists.get(uri).cloned().flatten());
            uris.clone().into_iter().map(kept).collect::<Lists>()
        });
        self.is_answered.store(true, Relaxed);
    }

    /// Caches a list as of `now`; `false` if it is older than the cached one, as a stale cache or node may return, and is
    /// ignored.
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
        true
    }

    /// The list with that URI, if it is cached.
    pub(crate) fn held(&self, uri: &str) -> Option<Arc<HeldStatusList>> {
        self.lists.load().get(uri).cloned().flatten()
    }

    /// How many lists are cached.
    pub fn lists(&self) -> usize {
        self.lists.load().values().flatten().count()
    }

    /// How long ago the issuer confirmed the list that it confirmed longest ago; `None` while there is none.
    pub fn age(&self, now: UnixTime) -> Option<Duration> {
        self.lists.load().values().flatten().map(|held| now.since(held.confirmed_at())).max()
    }

    /// Whether there is a list young enough to rely on.
    pub fn is_current(&self, now: UnixTime) -> bool {
        self.lists.load().values().flatten().any(|held| held.is_current(self.max_stale, now))
    }

    /// How many tokens so far have named a list that is not known.
    pub fn misses(&self) -> u64 {
        self.misses.count()
    }

    /// Resolves when a token names a list that is not known. For the loop that keeps this store fresh.
    pub async fn miss(&self) {
        self.misses.one_more().await;
    }

    /// Wakes requests that wait for a refresh. For the same task.
    pub fn notify_refreshed(&self) {
        self.misses.notify_refreshed();
    }

    #[cfg(feature = "client")]
    pub(crate) fn missed(&self) -> &Misses {
        &self.misses
    }

    /// Asks the loop to look for a list that is not known, and waits until it has looked or has declined to.
    pub(crate) async fn look_again(&self) {
        self.misses.look_again().await;
    }
}
