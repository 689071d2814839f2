//! The loop that keeps a key store fresh.

use std::{sync::Arc, time::Duration};

use actix_web::{rt, web};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    disk_copy::DiskCopy,
    http::FetchError,
    jwks_source::{JwksSource, Look},
    miss_budget::{Admission, MissBudget},
    refresh_stats::RefreshStats,
};
use crate::{KeySet, KeyStore, UnixTime, jittered};

/// Keeps a [`KeyStore`] fresh, beside the requests: every interval, at once when a token names an unknown key, and
/// sooner than an interval while the issuer does not answer.
///
/// The loop ends when this is dropped.
pub struct KeyRefresher {
    task: rt::task::JoinHandle<()>,
    stats: Arc<RefreshStats>,
}

const FIRST_RETRY: Duration = Duration::from_millis(250);
const RECHECK: Duration = Duration::from_millis(250);

impl KeyRefresher {
    /// Starts the loop on this thread's runtime. With a disk copy, the store begins with what the copy holds.
    pub fn spawn(store: Arc<KeyStore>, source: JwksSource, interval: Duration, copy: Option<DiskCopy>) -> Self {
        let stats = Arc::new(RefreshStats::default());
        let mut refresh = Refresh { store, source, copy, stats: Arc::clone(&stats), document: String::new() };
        refresh.begin_with_copy();
        Self { task: rt::spawn(refresh.run(interval)), stats }
    }

    /// How it goes.
    pub fn stats(&self) -> &Arc<RefreshStats> {
        &self.stats
    }
}

impl Drop for KeyRefresher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Refresh {
    store: Arc<KeyStore>,
    source: JwksSource,
    copy: Option<DiskCopy>,
    stats: Arc<RefreshStats>,
    /// The key set as it was last published.
    document: String,
}

impl Refresh {
    fn begin_with_copy(&mut self) {
        let Some(copied) = self.copy.as_ref().and_then(|copy| copy.read(UnixTime::now())) else { return };
        match KeySet::from_jwks(copied.document.as_bytes()) {
            Ok(keys) => {
                log::info!("keys from the disk copy: {}", keys.kids().collect::<Vec<_>>().join(", "));
                self.store.replace(keys, copied.confirmed_at);
                self.source.resume_with(copied.etag);
                self.document = copied.document;
            }
            Err(error) => log::warn!("the disk copy of the keys is passed over: {error}"),
        }
    }

    async fn run(mut self, interval: Duration) {
        let began = Instant::now();
        let mut budget = MissBudget::new();
        let mut failures = Failures { interval, streak: 0 };
        let mut next = began;
        let mut answered = 0;
        loop {
            until_due_or_missed(&self.store, next, answered, &mut budget, began).await;
            // A miss from here on may be of a key that this look does not bring yet.
            answered = self.store.misses();
            next = Instant::now()
                + match self.look().await {
                    Ok(()) => failures.none(),
                    Err(error) => failures.one_more(&error),
                };
            self.store.has_looked();
        }
    }

    async fn look(&mut self) -> Result<(), FetchError> {
        let looked = self.source.look().await;
        match &looked {
            Ok(_) => self.stats.count_refresh(),
            Err(_) => self.stats.count_failure(),
        }
        let now = UnixTime::now();
        if let Some(date) = self.source.date() {
            self.stats.note_date(date, now);
        }
        match looked? {
            Look::Unchanged => self.store.confirm(now),
            Look::Changed { keys, document } => {
                log::info!("keys now: {}", keys.kids().collect::<Vec<_>>().join(", "));
                self.store.replace(keys, now);
                self.document = document;
            }
        }
        // Who waits for a key need not wait for the disk.
        self.store.has_looked();
        self.write_copy(now).await;
        Ok(())
    }

    /// A copy that cannot be written is a line in the log: the keys at hand are good without it.
    async fn write_copy(&self, now: UnixTime) {
        let Some(copy) = self.copy.clone() else { return };
        let (document, etag) = (self.document.clone(), self.source.etag().map(str::to_owned));
        let written = web::block(move || copy.write(&document, etag.as_deref(), now)).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!("the disk copy of the keys cannot be written: {error}"),
            Err(error) => log::warn!("the disk copy of the keys cannot be written: {error}"),
        }
    }
}

/// Returns when the issuer is to be asked. In a flood, those who wait for a key go on without.
/// `answered` is how many tokens had been missed when the last look began.
async fn until_due_or_missed(store: &KeyStore, next: Instant, answered: u64, budget: &mut MissBudget, began: Instant) {
    loop {
        tokio::select! {
            () = sleep_until(next) => return,
            () = store.miss() => match budget.admit(store.misses(), began.elapsed()) {
                Admission::Now => return,
                Admission::Soon => {}
                Admission::No => store.has_looked(),
            },
            // A miss that the budget put off is made good as soon as the budget allows.
            () = sleep(RECHECK), if store.misses() > answered => {
                if budget.admit(store.misses(), began.elapsed()) == Admission::Now {
                    return;
                }
            }
        }
    }
}

/// Failures in a row: each is waited out a little longer, and the log tells the first and then ever fewer.
struct Failures {
    interval: Duration,
    streak: u32,
}

impl Failures {
    fn none(&mut self) -> Duration {
        if self.streak > 0 {
            log::info!("the issuer's keys are to be had again, after {} failed tries", self.streak);
        }
        self.streak = 0;
        jittered(self.interval)
    }

    fn one_more(&mut self, error: &FetchError) -> Duration {
        self.streak += 1;
        if self.streak.is_power_of_two() {
            log::warn!("the issuer's keys cannot be had (try {}): {error}", self.streak);
        }
        let longer = FIRST_RETRY.saturating_mul(1 << (self.streak - 1).min(16));
        jittered(longer.min(self.interval))
    }
}
