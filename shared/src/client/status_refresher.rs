//! The background task that refreshes an issuer's status lists.

use std::{collections::HashMap, fmt::Display, io, mem, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, task::spawn_blocking};
use tracing::{Instrument, debug_span};

use super::{
    conditional_request::ChangedDocument, disk_copy::DiskCopy, fetch_timer::FetchTimer, http::FetchError,
    refresher::MAX_SILENCE, status_source::StatusSource,
};
use crate::{
    errors::Flaw,
    status::{InvalidStatusListToken, StatusListCache, StatusListKeys, StatusListToken},
    tasks::{Heartbeat, RefreshStats, SupervisedTask},
    time::UnixTime,
};

/// How many lists are fetched concurrently.
const MAX_CONCURRENT: usize = 8;
/// How often the copy is rewritten if only the time of the confirmation has changed.
const COPY_INTERVAL: Duration = Duration::from_secs(30);

/// Refreshes a [`StatusListCache`] in the background: every `interval`, immediately when a token has an unknown list, and
/// more often while the issuer does not respond. Lists are verified with the current `keys`. With a disk copy, the cache
/// initially has the lists of the copy. [`Issuer`](super::Issuer) does this for you.
///
/// # Panics
/// Outside a tokio runtime.
pub fn refresh_status_lists(
    cache: Arc<StatusListCache>,
    keys: StatusListKeys,
    source: StatusSource,
    interval: Duration,
    copy: Option<DiskCopy>,
    stats: Arc<RefreshStats>,
) -> SupervisedTask {
    let refresh =
        Refresh { cache, keys, source, copy, stats, latest: HashMap::new(), is_changed: false, copy_written_at: None };
    let refresh = Arc::new(Mutex::new(refresh.load_copy()));
    SupervisedTask::spawn("status-lists", MAX_SILENCE, move |heartbeat| {
        let refresh = Arc::clone(&refresh);
        async move { refresh.lock().await.run(interval, heartbeat).await }
    })
}

struct Refresh {
    cache: Arc<StatusListCache>,
    keys: StatusListKeys,
    source: StatusSource,
    copy: Option<DiskCopy>,
    stats: Arc<RefreshStats>,
    /// The last version of each list, by URI.
    latest: HashMap<String, LatestList>,
    /// Whether lists have changed since the disk copy was written.
    is_changed: bool,
    copy_written_at: Option<UnixTime>,
}

struct LatestList {
    token: String,
    etag: Option<String>,
}

/// A list in the disk copy.
#[derive(Serialize, Deserialize)]
struct StoredList {
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
    requested_at: UnixTime,
}

impl Refresh {
    /// Loads the disk copy. Its lists are verified like fetched ones, with the current keys.
    fn load_copy(mut self) -> Self {
        let now = UnixTime::now();
        let Some(copied) = self.copy.as_ref().and_then(|copy| copy.read(now)) else { return self };
        let lists: Vec<StoredList> = serde_json::from_str(&copied.document)
            .inspect_err(|error| log::warn!("ignoring the disk copy of the status lists: {error}"))
            .unwrap_or_default();
        for StoredList { uri, token, confirmed_at } in lists {
            match StatusListToken::verify(&token, &uri, self.keys.form_of_copy(), now) {
                Ok(list) => {
                    log::info!("status list loaded from the disk copy: {uri}");
                    self.cache.put(list, confirmed_at.min(copied.confirmed_at));
                    // Without an entity tag, so that the first response contains the list.
                    self.latest.insert(uri, LatestList { token, etag: None });
                }
                Err(error) => log::warn!("ignoring the disk copy of {uri}: {error}"),
            }
        }
        self
    }

    async fn run(&mut self, interval: Duration, heartbeat: Heartbeat) {
        let mut timer = FetchTimer::new("the issuer's status lists", interval, heartbeat.clone());
        loop {
            timer.until_due(self.cache.missed()).await;
            let result = self.refresh(&heartbeat).instrument(debug_span!("status_refresh")).await;
            match &result {
                Ok(()) => self.stats.count_refresh(),
                Err(_) => self.stats.count_failure(),
            }
            timer.record(result);
            self.cache.notify_refreshed();
            self.write_copy(UnixTime::now()).await;
        }
    }

    /// Fetches all lists. Failures of single lists do not affect the others.
    async fn refresh(&mut self, heartbeat: &Heartbeat) -> Result<(), FetchError> {
        let uris = match self.source.fetch_uris().await {
            Ok(uris) => uris,
            Err(error) => {
                self.cache.mark_unreachable();
                return Err(error);
            }
        };
        let mut before = mem::take(&mut self.latest);
        self.latest = uris.iter().filter_map(|uri| before.remove_entry(uri)).collect();
        self.is_changed |= !before.is_empty();
        let uris = uris.to_vec();
        let (mut result, mut unknown_key) = (Ok(()), Vec::new());
        let mut responses = self.fetch_lists(uris.clone());
        while let Some((uri, requested_at, response)) = responses.next().await {
            heartbeat.beat();
            let accepted = response
                .and_then(|document| self.fetched(uri, requested_at, document))
                .and_then(|list| self.accept(list));
            match accepted {
                Ok(None) => {}
                Ok(Some(list)) => unknown_key.push(list),
                Err(error) => result = Err(error),
            }
        }
        let result = result.and(self.retry_with_new_keys(unknown_key).await);
        // Last, so that tokens of a new list wait until it has been fetched instead of being rejected.
        self.cache.set_uris(uris.iter().map(String::as_str));
        result
    }

    /// Requests the lists. Yields each list's URI, the time of the request, and the response.
    fn fetch_lists(
        &self,
        uris: Vec<String>,
    ) -> impl Stream<Item = (String, UnixTime, Result<Option<ChangedDocument>, FetchError>)> + Unpin + use<> {
        let fetcher = Arc::new(self.source.fetcher());
        let etags: Vec<_> =
            uris.iter().map(|uri| self.latest.get(uri).and_then(|latest| latest.etag.clone())).collect();
        let responses = uris.into_iter().zip(etags).map(move |(uri, etag)| {
            let fetcher = Arc::clone(&fetcher);
            async move {
                let requested_at = UnixTime::now();
                let response = fetcher.fetch(&uri, etag.as_deref()).await;
                (uri, requested_at, response)
            }
        });
        Box::pin(stream::iter(responses).buffer_unordered(MAX_CONCURRENT))
    }

    /// The list in a response, or the previous one if it has not changed.
    fn fetched(
        &self,
        uri: String,
        requested_at: UnixTime,
        document: Option<ChangedDocument>,
    ) -> Result<FetchedList, FetchError> {
        let (token, etag) = match (document, self.latest.get(&uri)) {
            (Some(ChangedDocument { etag, body }), _) => (String::from_utf8(body).ok(), etag),
            (None, Some(latest)) => (Some(latest.token.clone()), latest.etag.clone()),
            (None, None) => (None, None),
        };
        match token {
            Some(token) => Ok(FetchedList { uri, token, etag, requested_at }),
            None => Err(FetchError::Document { url: uri, reason: "it is not UTF-8".to_owned() }),
        }
    }

    /// Verifies a list and caches it. Unchanged lists are verified too, since they may have expired or their key may
    /// have been withdrawn. Returns the list if its key is unknown.
    fn accept(&mut self, list: FetchedList) -> Result<Option<FetchedList>, FetchError> {
        match StatusListToken::verify(&list.token, &list.uri, self.keys.form(), UnixTime::now()) {
            Ok(verified) => {
                if self.cache.put(verified, list.requested_at) {
                    let FetchedList { uri, token, etag, .. } = list;
                    self.is_changed |= self.latest.get(&uri).is_none_or(|latest| latest.token != token);
                    self.latest.insert(uri, LatestList { token, etag });
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
    async fn retry_with_new_keys(&mut self, unknown_key: Vec<FetchedList>) -> Result<(), FetchError> {
        if unknown_key.is_empty() {
            return Ok(());
        }
        self.keys.refetch(UnixTime::now()).await;
        let mut result = Ok(());
        for list in unknown_key {
            match self.accept(list) {
                Ok(None) => {}
                Ok(Some(list)) => result = Err(self.refuse(list, &"its key is not among the issuer's")),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Keeps the cached list, and drops the entity tag so that the next response contains the list.
    fn refuse(&mut self, list: FetchedList, why: &dyn Display) -> FetchError {
        if let Some(latest) = self.latest.get_mut(&list.uri) {
            latest.etag = None;
        }
        FetchError::Document { url: list.uri, reason: why.to_string() }
    }

    /// Failures to write the copy are only logged, since the cached lists do not depend on it.
    async fn write_copy(&mut self, now: UnixTime) {
        let is_due = self.is_changed || self.copy_written_at.is_none_or(|at| now.since(at) >= COPY_INTERVAL);
        let Some(copy) = self.copy.clone().filter(|_| is_due && !self.latest.is_empty()) else { return };
        let lists = self.latest.iter().filter_map(|(uri, latest)| {
            let confirmed_at = self.cache.cached(uri)?.confirmed_at();
            Some(StoredList { uri: uri.clone(), token: latest.token.clone(), confirmed_at })
        });
        let lists: Vec<_> = lists.collect();
        let write = move || copy.write(&serde_json::to_string(&lists)?, now);
        let written = spawn_blocking(write).await.map_err(io::Error::other).and_then(|written| written);
        if let Err(error) = written {
            log::warn!("cannot write the disk copy of the status lists: {error}");
        }
        // After a failure too, so that a full disk is not retried on every poll.
        (self.is_changed, self.copy_written_at) = (false, Some(now));
    }
}
