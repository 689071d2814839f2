//! The background task that refreshes an issuer's status lists.

use std::{collections::HashMap, fmt::Display, io, mem, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, task::spawn_blocking};
use tracing::{Instrument, debug_span};

use super::{
    disk_copy::DiskCopy, http::FetchError, look_timer::LookTimer, news::News, refresher::MAX_SILENCE,
    status_source::StatusSource,
};
use crate::{
    errors::Flaw,
    keys::JwksCache,
    status::{InvalidStatusListToken, StatusListCache, StatusListToken},
    tasks::{Heartbeat, RefreshStats, SupervisedTask},
    time::UnixTime,
};

/// How many lists are fetched concurrently.
const AT_A_TIME: usize = 8;
/// How often the copy is rewritten if only the time of the confirmation has changed.
const COPY_EVERY: Duration = Duration::from_secs(30);

/// Refreshes a [`StatusListCache`] in the background: every `interval`, immediately when a token has an unknown list, and
/// more often while the issuer does not respond. Lists are verified with the current `keys`. With a disk copy, the cache
/// initially has the lists of the copy. [`Issuer`](super::Issuer) does this for you.
///
/// # Panics
/// Outside a tokio runtime.
pub fn refresh_status_lists(
    store: Arc<StatusListCache>,
    keys: Arc<JwksCache>,
    source: StatusSource,
    interval: Duration,
    copy: Option<DiskCopy>,
    stats: Arc<RefreshStats>,
) -> SupervisedTask {
    let refresh =
        Refresh { store, keys, source, copy, stats, kept: HashMap::new(), is_changed: false, copied_at: None };
    let refresh = Arc::new(Mutex::new(refresh.begin_with_copy()));
    SupervisedTask::spawn("status-lists", MAX_SILENCE, move |heartbeat| {
        let refresh = Arc::clone(&refresh);
        async move { refresh.lock().await.run(interval, heartbeat).await }
    })
}

struct Refresh {
    store: Arc<StatusListCache>,
    keys: Arc<JwksCache>,
    source: StatusSource,
    copy: Option<DiskCopy>,
    stats: Arc<RefreshStats>,
    /// The last version of each list, by URI.
    kept: HashMap<String, Kept>,
    /// Whether lists have changed since the disk copy was written.
    is_changed: bool,
    copied_at: Option<UnixTime>,
}

struct Kept {
    token: String,
    etag: Option<String>,
}

/// A list in the disk copy.
#[derive(Serialize, Deserialize)]
struct CopiedList {
    uri: String,
    token: String,
    confirmed_at: UnixTime,
}

/// A list from the issuer that has not been verified yet.
struct FetchedList {
    uri: String,
    token: String,
    etag: Option<String>,
    /// When it was requested: its age is measured from then.
    asked_at: UnixTime,
}

impl Refresh {
    /// Loads the disk copy. Its lists are verified like fetched ones, with the current keys.
    fn begin_with_copy(mut self) -> Self {
        let now = UnixTime::now();
        let Some(copied) = self.copy.as_ref().and_then(|copy| copy.read(now)) else { return self };
        let lists: Vec<CopiedList> = serde_json::from_str(&copied.document)
            .inspect_err(|error| log::warn!("ignoring the disk copy of the status lists: {error}"))
            .unwrap_or_default();
        for CopiedList { uri, token, confirmed_at } in lists {
            match StatusListToken::verify(&token, &uri, &self.keys, now) {
                Ok(list) => {
                    log::info!("status list from the disk copy: {uri}");
                    self.store.put(list, confirmed_at.min(copied.confirmed_at));
                    // Without an entity tag, so that the first response contains the list.
                    self.kept.insert(uri, Kept { token, etag: None });
                }
                Err(error) => log::warn!("ignoring the disk copy of {uri}: {error}"),
            }
        }
        self
    }

    async fn run(&mut self, interval: Duration, heartbeat: Heartbeat) {
        let mut timer = LookTimer::new("the issuer's status lists", interval, heartbeat.clone());
        loop {
            timer.until_due(self.store.missed()).await;
            let looked = self.look(&heartbeat).instrument(debug_span!("status_refresh")).await;
            match &looked {
                Ok(()) => self.stats.count_refresh(),
                Err(_) => self.stats.count_failure(),
            }
            timer.note(looked);
            self.store.notify_refreshed();
            self.write_copy(UnixTime::now()).await;
        }
    }

    /// Fetches all lists. Failures of single lists do not affect the others.
    async fn look(&mut self, heartbeat: &Heartbeat) -> Result<(), FetchError> {
        let named = match self.source.list_all().await {
            Ok(named) => named,
            Err(error) => {
                self.store.miss_answer();
                return Err(error);
            }
        };
        let mut before = mem::take(&mut self.kept);
        self.kept = named.iter().filter_map(|uri| before.remove_entry(uri)).collect();
        self.is_changed |= !before.is_empty();
        let uris = named.to_vec();
        let (mut looked, mut unsure) = (Ok(()), Vec::new());
        let mut answers = self.ask_for(uris.clone());
        while let Some((uri, asked_at, answer)) = answers.next().await {
            heartbeat.beat();
            let taken = answer.and_then(|news| self.fetched(uri, asked_at, news)).and_then(|list| self.take(list));
            match taken {
                Ok(None) => {}
                Ok(Some(list)) => unsure.push(list),
                Err(error) => looked = Err(error),
            }
        }
        let looked = looked.and(self.take_with_new_keys(unsure).await);
        // Last, so that tokens of a new list wait until it has been fetched instead of being rejected.
        self.store.name_all(uris.iter().map(String::as_str));
        looked
    }

    /// Requests the lists. Yields each list's URI, the time of the request, and the response.
    fn ask_for(
        &self,
        uris: Vec<String>,
    ) -> impl Stream<Item = (String, UnixTime, Result<Option<News>, FetchError>)> + Unpin + use<> {
        let fetcher = Arc::new(self.source.fetcher());
        let etags: Vec<_> = uris.iter().map(|uri| self.kept.get(uri).and_then(|kept| kept.etag.clone())).collect();
        let answers = uris.into_iter().zip(etags).map(move |(uri, etag)| {
            let fetcher = Arc::clone(&fetcher);
            async move {
                let asked_at = UnixTime::now();
                let answer = fetcher.look_at(&uri, etag.as_deref()).await;
                (uri, asked_at, answer)
            }
        });
        Box::pin(stream::iter(answers).buffer_unordered(AT_A_TIME))
    }

    /// The list in a response, or the previous one if it has not changed.
    fn fetched(&self, uri: String, asked_at: UnixTime, news: Option<News>) -> Result<FetchedList, FetchError> {
        let (token, etag) = match (news, self.kept.get(&uri)) {
            (Some(News { etag, body }), _) => (String::from_utf8(body).ok(), etag),
            (None, Some(kept)) => (Some(kept.token.clone()), kept.etag.clone()),
            (None, None) => (None, None),
        };
        match token {
            Some(token) => Ok(FetchedList { uri, token, etag, asked_at }),
            None => Err(FetchError::Document { url: uri, reason: "it is not text".to_owned() }),
        }
    }

    /// Verifies a list and caches it. Unchanged lists are verified too, since they may have expired or their key may
    /// have been withdrawn. Returns the list if its key is unknown.
    fn take(&mut self, list: FetchedList) -> Result<Option<FetchedList>, FetchError> {
        match StatusListToken::verify(&list.token, &list.uri, &self.keys, UnixTime::now()) {
            Ok(verified) => {
                if self.store.put(verified, list.asked_at) {
                    let FetchedList { uri, token, etag, .. } = list;
                    self.is_changed |= self.kept.get(&uri).is_none_or(|kept| kept.token != token);
                    self.kept.insert(uri, Kept { token, etag });
                }
                Ok(None)
            }
            Err(InvalidStatusListToken::KeysUnavailable | InvalidStatusListToken::Flaw(Flaw::UnknownKey)) => {
                Ok(Some(list))
            }
            Err(error) => Err(self.refuse(list, &error)),
        }
    }

    /// Refetches the keys, once for all these lists, and retries.
    async fn take_with_new_keys(&mut self, unsure: Vec<FetchedList>) -> Result<(), FetchError> {
        if unsure.is_empty() {
            return Ok(());
        }
        if self.keys.is_current(UnixTime::now()) {
            self.keys.refetch().await;
        } else {
            self.keys.next_look().await;
        }
        let mut looked = Ok(());
        for list in unsure {
            match self.take(list) {
                Ok(None) => {}
                Ok(Some(list)) => looked = Err(self.refuse(list, &"its key is not among the issuer's")),
                Err(error) => looked = Err(error),
            }
        }
        looked
    }

    /// Keeps the cached list, and drops the entity tag so that the next response contains the list.
    fn refuse(&mut self, list: FetchedList, why: &dyn Display) -> FetchError {
        if let Some(kept) = self.kept.get_mut(&list.uri) {
            kept.etag = None;
        }
        FetchError::Document { url: list.uri, reason: why.to_string() }
    }

    /// Failures to write the copy are only logged, since the cached lists do not depend on it.
    async fn write_copy(&mut self, now: UnixTime) {
        let is_due = self.is_changed || self.copied_at.is_none_or(|at| now.since(at) >= COPY_EVERY);
        let Some(copy) = self.copy.clone().filter(|_| is_due && !self.kept.is_empty()) else { return };
        let lists = self.kept.iter().filter_map(|(uri, kept)| {
            let confirmed_at = self.store.held(uri)?.confirmed_at();
            Some(CopiedList { uri: uri.clone(), token: kept.token.clone(), confirmed_at })
        });
        let lists: Vec<_> = lists.collect();
        let write = move || copy.write(&serde_json::to_string(&lists)?, now);
        let written = spawn_blocking(write).await.map_err(io::Error::other).and_then(|written| written);
        if let Err(error) = written {
            log::warn!("cannot write the disk copy of the status lists: {error}");
        }
        // After a failure too, so that a full disk is not retried on every poll.
        (self.is_changed, self.copied_at) = (false, Some(now));
    }
}
