//! The background task that refreshes an issuer's keys.

use std::{io, sync::Arc, time::Duration};

use tokio::{sync::Mutex, task::spawn_blocking};
use tracing::{Instrument, debug_span};

use super::{
    disk_copy::DiskCopy,
    fetch_timer::FetchTimer,
    http::FetchError,
    jwks_source::{JwksSource, KeySetFetch},
    refresher::MAX_SILENCE,
};
use crate::{
    keys::JwksCache,
    tasks::{Heartbeat, RefreshStats, SupervisedTask},
    time::UnixTime,
};

/// Refreshes a [`JwksCache`] in the background: every `interval`, immediately when a token has an unknown key, and more
/// often while the issuer does not respond. With a disk copy, the cache initially has the keys of the copy.
/// [`Issuer`](super::Issuer) does this for you.
///
/// # Panics
/// Outside a tokio runtime.
pub fn refresh_keys(
    cache: Arc<JwksCache>,
    source: JwksSource,
    interval: Duration,
    copy: Option<DiskCopy>,
    stats: Arc<RefreshStats>,
) -> SupervisedTask {
    let (task, _) = source.names();
    let mut refresh = Refresh { cache, source, copy, stats, document: String::new() };
    refresh.load_copy();
    let refresh = Arc::new(Mutex::new(refresh));
    SupervisedTask::spawn(task, MAX_SILENCE, move |heartbeat| {
        let refresh = Arc::clone(&refresh);
        async move { refresh.lock().await.run(interval, heartbeat).await }
    })
}

struct Refresh {
    cache: Arc<JwksCache>,
    source: JwksSource,
    copy: Option<DiskCopy>,
    stats: Arc<RefreshStats>,
    /// The last JWK set; empty if the issuer has none.
    document: String,
}

impl Refresh {
    fn load_copy(&mut self) {
        let Some(copied) = self.copy.as_ref().and_then(|copy| copy.read(UnixTime::now())) else { return };
        if copied.document.is_empty() {
            return self.cache.mark_absent();
        }
        match self.source.parse(copied.document.as_bytes()) {
            Ok(keys) => {
                log::info!("keys loaded from the disk copy: {}", keys.kids().collect::<Vec<_>>().join(", "));
                self.cache.replace(keys, copied.confirmed_at);
                self.document = copied.document;
            }
            Err(error) => log::warn!("ignoring the disk copy of the keys: {error}"),
        }
    }

    async fn run(&mut self, interval: Duration, heartbeat: Heartbeat) {
        let (_, what) = self.source.names();
        let mut timer = FetchTimer::new(what, interval, heartbeat);
        loop {
            timer.until_due(self.cache.missed()).await;
            timer.record(self.refresh().instrument(debug_span!("key_refresh")).await);
            self.cache.notify_refreshed();
        }
    }

    async fn refresh(&mut self) -> Result<(), FetchError> {
        let fetched = self.source.fetch_if_changed().await;
        match &fetched {
            Ok(_) => self.stats.count_refresh(),
            Err(_) => self.stats.count_failure(),
        }
        let now = UnixTime::now();
        if let Some(date) = self.source.date() {
            self.stats.record_date(date, now);
        }
        match fetched? {
            KeySetFetch::Unchanged => self.cache.confirm(now),
            KeySetFetch::Absent => {
                self.cache.mark_absent();
                self.document = String::new();
            }
            KeySetFetch::Changed { keys, document } => {
                log::info!("new key set: {}", keys.kids().collect::<Vec<_>>().join(", "));
                self.cache.replace(keys, now);
                self.document = document;
            }
        }
        // Waiting requests do not depend on the disk copy.
        self.cache.notify_refreshed();
        self.write_copy(now).await;
        Ok(())
    }

    /// Failures to write the copy are only logged, since the keys in memory do not depend on it.
    async fn write_copy(&self, now: UnixTime) {
        let Some(copy) = self.copy.clone() else { return };
        let document = self.document.clone();
        let written = spawn_blocking(move || copy.write(&document, now)).await;
        if let Err(error) = written.map_err(io::Error::other).and_then(|written| written) {
            log::warn!("cannot write the disk copy of the keys: {error}");
        }
    }
}
