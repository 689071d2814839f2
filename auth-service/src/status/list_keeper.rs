//! The current status lists of this node.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use diesel::QueryResult;
use service_kit::{StartError, error_chain};
use shared::{UnixTime, status::StatusListCache};
use tokio::{
    sync::Mutex,
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::{
    list_signers::ListSigners,
    lists::{self, ListRow},
    published_list::{ListBuildError, PublishedList},
    store,
};
use crate::{
    config::{Config, SETTINGS},
    db::{Db, DbConnection, DbError, read_snapshot},
    keys::{key_keeper::KeyKeeper, key_ring::NoCurrentKey},
};

/// The current status lists of this node. They are rebuilt when the database has changed; concurrent requests share one
/// query.
pub struct ListKeeper {
    db: Db,
    keys: Arc<KeyKeeper>,
    issuer: String,
    has_old_form: bool,
    snapshot: ArcSwap<StatusListSnapshot>,
    /// Held during a query; the last query, if it failed.
    querying: Mutex<Option<FailedQuery>>,
    /// The same lists for this node's own verifier.
    own: Arc<StatusListCache>,
    last_build_micros: AtomicU64,
    /// Whether the last query failed.
    is_failing: AtomicBool,
}

/// All lists as they were at one moment.
#[derive(Default)]
pub struct StatusListSnapshot {
    lists: Vec<Arc<PublishedList>>,
    /// As stored, including entries reserved since the lists were built.
    rows: Vec<ListRow>,
    /// The keys that signed them.
    signers: Option<ListSigners>,
    /// When the query started.
    as_of: Option<Instant>,
}

/// Why the lists are unavailable.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StatusListError {
    /// The database cannot be read, so the last known lists may be outdated.
    #[error("the status lists cannot be read from the database")]
    Db(#[source] Arc<DbError>),
    /// There is no signing key.
    #[error(transparent)]
    NoCurrentKey(#[from] NoCurrentKey),
    /// A list could not be built.
    #[error(transparent)]
    Build(#[from] ListBuildError),
}

impl From<DbError> for StatusListError {
    fn from(error: DbError) -> Self {
        Self::Db(Arc::new(error))
    }
}

struct FailedQuery {
    ended_at: Instant,
    error: StatusListError,
}

/// All lists, with the entries of those that have changed.
type Found = Vec<(ListRow, Option<Vec<(i64, i64)>>)>;

impl StatusListSnapshot {
    /// The lists, the oldest first.
    pub fn lists(&self) -> &[Arc<PublishedList>] {
        &self.lists
    }

    /// The same as they are stored.
    pub fn rows(&self) -> &[ListRow] {
        &self.rows
    }

    /// The list of that number.
    pub fn find(&self, id: i64) -> Option<&PublishedList> {
        self.lists.iter().find(|list| list.row().id == id).map(|list| &**list)
    }

    fn is_signed_by(&self, signers: &ListSigners) -> bool {
        self.signers.as_ref().is_some_and(|own| own.are_same(signers))
    }

    fn is_since(&self, moment: Instant) -> bool {
        self.as_of.is_some_and(|as_of| as_of >= moment)
    }
}

impl ListKeeper {
    /// The maximum age of a response.
    const MAX_AGE: Duration = Duration::from_millis(200);
    /// How long this node's own verifier uses its lists while the database is unreachable.
    const MAX_STALE: Duration = Duration::from_secs(30);

    /// A database that takes longer does not respond.
    const QUERY_TIMEOUT: Duration = Duration::from_secs(2);
    /// The database is read several times a second.
    const MAX_READ_AGE: Duration = Duration::from_secs(5);

    /// The lists in this database, the first one made if there is none.
    ///
    /// # Errors
    /// [`StartError`] if the database fails.
    pub async fn open(db: Db, keys: Arc<KeyKeeper>, config: &Config, now: UnixTime) -> Result<Self, StartError> {
        if config.status_lists.old_form {
            let setting = SETTINGS.variable("status_lists.old_form");
            log::warn!(
                "{setting} is set: verifiers that check neither typ nor aud accept status lists as access tokens"
            );
        }
        let keeper = Self {
            db,
            keys,
            issuer: config.issuer.clone(),
            has_old_form: config.status_lists.old_form,
            snapshot: ArcSwap::default(),
            querying: Mutex::default(),
            own: Arc::new(StatusListCache::new(Self::MAX_STALE)),
            last_build_micros: AtomicU64::new(0),
            is_failing: AtomicBool::new(false),
        };
        keeper.keep(now).await.map_err(|error| {
            let problem = format!("failed to load the status lists: {}", error_chain(&error));
            StartError::new(SETTINGS.variable("database.url"), problem, "Check the database.")
        })?;
        Ok(keeper)
    }

    /// What this node's own verifier reads.
    pub fn own(&self) -> &Arc<StatusListCache> {
        &self.own
    }

    /// The current lists, at most 200 ms old.
    ///
    /// # Errors
    /// [`StatusListError`]: an outdated response would be taken as a confirmation.
    pub async fn snapshot(&self, now: UnixTime) -> Result<Arc<StatusListSnapshot>, StatusListError> {
        let latest = Instant::now();
        self.snapshot_since(latest.checked_sub(Self::MAX_AGE).unwrap_or(latest), now).await
    }

    /// The lists as of the last query.
    pub fn last_snapshot(&self) -> Arc<StatusListSnapshot> {
        self.snapshot.load_full()
    }

    /// Publishes a change that this node has just committed, so that its own verifier and the next poll see it. A failure is
    /// logged, and the change is published by the next query.
    pub async fn follow(&self, now: UnixTime) {
        if let Err(error) = self.snapshot_since(Instant::now(), now).await {
            log::warn!("publication of a status list change is delayed: {}", error_chain(&error));
        }
    }

    /// Publishes changes of other nodes, opens the next list when it is due, and has old lists signed again.
    ///
    /// # Errors
    /// [`StatusListError`]; the lists are unchanged then.
    pub async fn keep(&self, now: UnixTime) -> Result<(), StatusListError> {
        let snapshot = self.snapshot(now).await?;
        let old: Vec<_> = snapshot.rows().iter().filter(|row| row.is_old(now)).map(|row| row.id).collect();
        let is_next_wanted = lists::is_next_wanted(snapshot.rows().last(), now);
        if old.is_empty() && !is_next_wanted {
            return Ok(());
        }
        if is_next_wanted {
            self.db.write_alone(move |conn| lists::prepare_next(conn, now)).await?;
        }
        for id in old {
            self.db.write(move |conn| lists::reissue(conn, id, now)).await?;
        }
        self.snapshot_since(Instant::now(), now).await.map(drop)
    }

    /// The time since the lists were last read from the database.
    pub fn age(&self) -> Option<Duration> {
        self.snapshot.load().as_of.map(|as_of| as_of.elapsed())
    }

    /// Whether the database responds, by what is known of it: nobody waits for an answer.
    pub fn is_database_responding(&self) -> bool {
        !self.is_failing.load(Relaxed) && self.age().is_some_and(|age| age <= Self::MAX_READ_AGE)
    }

    /// The duration of the last build of changed lists.
    pub fn last_build(&self) -> Duration {
        Duration::from_micros(self.last_build_micros.load(Relaxed))
    }

    /// The lists as of `moment` or later. Concurrent callers share one query, and its failure.
    async fn snapshot_since(&self, moment: Instant, now: UnixTime) -> Result<Arc<StatusListSnapshot>, StatusListError> {
        let signers = ListSigners::current(&self.keys.ring(), self.has_old_form, now)?;
        let known = || {
            let snapshot = self.snapshot.load_full();
            Some(snapshot).filter(|snapshot| snapshot.is_since(moment) && snapshot.is_signed_by(&signers))
        };
        if let Some(snapshot) = known() {
            return Ok(snapshot);
        }
        let mut last_failure = self.querying.lock().await;
        if let Some(snapshot) = known() {
            return Ok(snapshot);
        }
        if let Some(failed) = last_failure.as_ref().filter(|failed| failed.ended_at >= moment) {
            return Err(failed.error.clone());
        }
        let queried = timeout(Self::QUERY_TIMEOUT, self.query(&signers, now)).await;
        let queried = queried.unwrap_or_else(|_| Err(DbError::Busy.into()));
        self.is_failing.store(queried.is_err(), Relaxed);
        match queried {
            Ok(snapshot) => {
                *last_failure = None;
                Ok(snapshot)
            }
            Err(error) => {
                self.own.mark_unreachable();
                *last_failure = Some(FailedQuery { ended_at: Instant::now(), error: error.clone() });
                Err(error)
            }
        }
    }

    async fn query(&self, signers: &ListSigners, now: UnixTime) -> Result<Arc<StatusListSnapshot>, StatusListError> {
        let as_of = Some(Instant::now());
        let known = self.snapshot.load_full();
        let found = self.db.run({
            let known = Arc::clone(&known);
            move |conn| read_snapshot(conn, |conn| find_changed(conn, &known, now))
        });
        let found = found.await?;
        let rows: Vec<_> = found.iter().map(|(row, _)| *row).collect();
        let is_same = known.is_signed_by(signers)
            && known.lists.len() == found.len()
            && found.iter().all(|(_, entries)| entries.is_none());
        let lists = if is_same { known.lists.clone() } else { self.build(known, found, signers).await? };
        let snapshot = Arc::new(StatusListSnapshot { lists, rows, signers: Some(signers.clone()), as_of });
        self.snapshot.store(Arc::clone(&snapshot));
        if is_same {
            self.own.confirm(now);
        } else {
            self.own.replace(snapshot.lists.iter().map(|list| Arc::clone(list.token())), now);
        }
        Ok(snapshot)
    }

    /// Compresses and signs, which takes some milliseconds for each list that has changed, and needs no connection.
    async fn build(
        &self,
        known: Arc<StatusListSnapshot>,
        found: Found,
        signers: &ListSigners,
    ) -> Result<Vec<Arc<PublishedList>>, StatusListError> {
        let (issuer, signers, began) = (self.issuer.clone(), signers.clone(), Instant::now());
        let build_all = move || found.into_iter().map(|list| build(&issuer, &known, list, &signers)).collect();
        let built: Result<_, ListBuildError> =
            spawn_blocking(build_all).await.map_err(|error| DbError::Aborted(error.to_string()))?;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.last_build_micros.store(micros, Relaxed);
        Ok(built?)
    }
}

fn find_changed(conn: &mut DbConnection, known: &StatusListSnapshot, now: UnixTime) -> QueryResult<Found> {
    let is_known = |row: &ListRow| known.find(row.id).is_some_and(|list| list.row().is_same_state(row));
    let rows = lists::all_live(conn, now)?.into_iter();
    rows.map(|row| Ok((row, if is_known(&row) { None } else { Some(store::not_valid(conn, row.id)?) }))).collect()
}

fn build(
    issuer: &str,
    known: &StatusListSnapshot,
    (row, entries): (ListRow, Option<Vec<(i64, i64)>>),
    signers: &ListSigners,
) -> Result<Arc<PublishedList>, ListBuildError> {
    let held = known.lists.iter().find(|list| list.row().id == row.id);
    match (entries, held) {
        (None, Some(held)) if known.is_signed_by(signers) => Ok(Arc::clone(held)),
        (None, Some(held)) => held.sign_again(issuer, signers).map(Arc::new),
        (entries, _) => PublishedList::build(issuer, row, &entries.unwrap_or_default(), signers).map(Arc::new),
    }
}
