//! The status lists of this node as they are now.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use diesel::QueryResult;
use service_kit::StartError;
use shared::{StatusStore, UnixTime};
use tokio::{sync::Mutex, task::spawn_blocking, time::Instant};

use super::{
    lists::{self, ListRow},
    published_list::PublishedList,
    store,
};
use crate::{
    config::SETTINGS,
    db::{Db, DbConnection, DbError, read_snapshot},
    keys::{
        key_keeper::KeyKeeper,
        key_ring::NoCurrentKey,
        signing_key::{CannotSign, SigningKey},
    },
};

/// The status lists of this node as they are now: built when the database says that they have changed, and asked for
/// by all who want them at a time with one query.
pub struct ListKeeper {
    db: Db,
    keys: Arc<KeyKeeper>,
    issuer: String,
    board: ArcSwap<Board>,
    /// Held while somebody looks; the last look, if it failed.
    looking: Mutex<Option<FailedLook>>,
    /// The same lists for this node's own verifier.
    own: Arc<StatusStore>,
    last_build_micros: AtomicU64,
}

/// All lists as they were at one moment.
#[derive(Default)]
pub struct Board {
    lists: Vec<Arc<PublishedList>>,
    /// As stored, with what has been lent since the lists were built.
    rows: Vec<ListRow>,
    /// The key that has signed them.
    kid: String,
    /// The database said so after this.
    as_of: Option<Instant>,
}

/// Why the lists cannot be told.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CannotTell {
    /// The database does not say what has changed. What was known before may be wrong by now.
    #[error("The status lists are not at hand; try again shortly")]
    Db(Arc<DbError>),
    /// No key to sign with.
    #[error("There is no key to sign with; try again shortly")]
    NoCurrentKey(#[from] NoCurrentKey),
    /// It does not sign.
    #[error("internal error")]
    CannotSign(#[from] CannotSign),
}

impl From<DbError> for CannotTell {
    fn from(error: DbError) -> Self {
        Self::Db(Arc::new(error))
    }
}

struct FailedLook {
    ended_at: Instant,
    error: CannotTell,
}

/// The lists that there are, and the entries of those that are not known in that state.
type Found = Vec<(ListRow, Option<Vec<(i64, i64)>>)>;

impl Board {
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

    fn is_since(&self, moment: Instant) -> bool {
        self.as_of.is_some_and(|as_of| as_of >= moment)
    }
}

impl ListKeeper {
    /// Whoever asks is told what was so this long ago at most.
    const LATEST: Duration = Duration::from_millis(200);
    /// This node's own verifier goes on by what it knows for so long while the database is away.
    const MAX_STALE: Duration = Duration::from_secs(30);

    /// The lists in this database, the first one made if there is none.
    ///
    /// # Errors
    /// [`StartError`] if they cannot be had.
    pub async fn open(db: Db, keys: Arc<KeyKeeper>, issuer: String, now: UnixTime) -> Result<Self, StartError> {
        let keeper = Self {
            db,
            keys,
            issuer,
            board: ArcSwap::default(),
            looking: Mutex::default(),
            own: Arc::new(StatusStore::new(Self::MAX_STALE)),
            last_build_micros: AtomicU64::new(0),
        };
        keeper.keep(now).await.map_err(|error| {
            let problem = format!("the status lists cannot be had: {error:?}");
            StartError::new(SETTINGS.variable("database.url"), problem, "See to the database.")
        })?;
        Ok(keeper)
    }

    /// What this node's own verifier reads.
    pub fn own(&self) -> &Arc<StatusStore> {
        &self.own
    }

    /// The lists as of just now.
    ///
    /// # Errors
    /// [`CannotTell`]: better no answer than one that verifiers would take for today's.
    pub async fn board(&self, now: UnixTime) -> Result<Arc<Board>, CannotTell> {
        let latest = Instant::now();
        self.board_since(latest.checked_sub(Self::LATEST).unwrap_or(latest), now).await
    }

    /// The lists as they were when somebody last looked.
    pub fn last_board(&self) -> Arc<Board> {
        self.board.load_full()
    }

    /// Takes over what this node has just changed, so that its own verifier and the next who ask know. To be called when
    /// the transaction is over. Where it fails, which is logged, the change arrives with the next look.
    pub async fn follow(&self, now: UnixTime) {
        if let Err(error) = self.board_since(Instant::now(), now).await {
            log::warn!("a change of the status lists is late: {error:?}");
        }
    }

    /// Takes over what other nodes have changed, opens the next list if it is time, and has old ones signed anew.
    ///
    /// # Errors
    /// [`CannotTell`]; the lists are then as before.
    pub async fn keep(&self, now: UnixTime) -> Result<(), CannotTell> {
        let board = self.board(now).await?;
        let old: Vec<_> = board.rows().iter().filter(|row| row.is_old(now)).map(|row| row.id).collect();
        let is_next_wanted = lists::is_next_wanted(board.rows().last(), now);
        if old.is_empty() && !is_next_wanted {
            return Ok(());
        }
        if is_next_wanted {
            self.db.write_alone(move |conn| lists::prepare_next(conn, now)).await?;
        }
        for id in old {
            self.db.write(move |conn| lists::reissue(conn, id, now)).await?;
        }
        self.board_since(Instant::now(), now).await.map(drop)
    }

    /// How long ago the database last told the lists.
    pub fn age(&self) -> Option<Duration> {
        self.board.load().as_of.map(|as_of| as_of.elapsed())
    }

    /// How long the last build of lists that had changed took.
    pub fn last_build(&self) -> Duration {
        Duration::from_micros(self.last_build_micros.load(Relaxed))
    }

    /// The lists as they were at `moment` or later. Of all who ask at a time one looks, for all of them; and all of them
    /// are told if it fails.
    async fn board_since(&self, moment: Instant, now: UnixTime) -> Result<Arc<Board>, CannotTell> {
        let key = self.current_key(now)?;
        let known = || Some(self.board.load_full()).filter(|board| board.is_since(moment) && board.kid == key.kid());
        if let Some(board) = known() {
            return Ok(board);
        }
        let mut last_failure = self.looking.lock().await;
        if let Some(board) = known() {
            return Ok(board);
        }
        if let Some(failed) = last_failure.as_ref().filter(|failed| failed.ended_at >= moment) {
            return Err(failed.error.clone());
        }
        match self.look(&key, now).await {
            Ok(board) => {
                *last_failure = None;
                Ok(board)
            }
            Err(error) => {
                self.own.miss_answer();
                *last_failure = Some(FailedLook { ended_at: Instant::now(), error: error.clone() });
                Err(error)
            }
        }
    }

    fn current_key(&self, now: UnixTime) -> Result<Arc<SigningKey>, NoCurrentKey> {
        self.keys.ring().current(now).map(|timed| Arc::clone(&timed.key))
    }

    async fn look(&self, key: &Arc<SigningKey>, now: UnixTime) -> Result<Arc<Board>, CannotTell> {
        let as_of = Some(Instant::now());
        let known = self.board.load_full();
        let found = self.db.run({
            let known = Arc::clone(&known);
            move |conn| read_snapshot(conn, |conn| find_changed(conn, &known, now))
        });
        let found = found.await?;
        let rows: Vec<_> = found.iter().map(|(row, _)| *row).collect();
        let is_same = known.kid == key.kid()
            && known.lists.len() == found.len()
            && found.iter().all(|(_, entries)| entries.is_none());
        let lists = if is_same { known.lists.clone() } else { self.build(known, found, key).await? };
        let board = Arc::new(Board { lists, rows, kid: key.kid().to_owned(), as_of });
        self.board.store(Arc::clone(&board));
        if is_same {
            self.own.confirm(now);
        } else {
            self.own.replace(board.lists.iter().map(|list| Arc::clone(list.token())), now);
        }
        Ok(board)
    }

    /// Compresses and signs, which takes some milliseconds for each list that has changed, and needs no connection.
    async fn build(
        &self,
        known: Arc<Board>,
        found: Found,
        key: &Arc<SigningKey>,
    ) -> Result<Vec<Arc<PublishedList>>, CannotTell> {
        let (issuer, key, began) = (self.issuer.clone(), Arc::clone(key), Instant::now());
        let build_all = move || found.into_iter().map(|list| build(&issuer, &known, list, &key)).collect();
        let built: Result<_, CannotSign> = spawn_blocking(build_all).await.map_err(|_| DbError::Busy)?;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.last_build_micros.store(micros, Relaxed);
        Ok(built?)
    }
}

fn find_changed(conn: &mut DbConnection, known: &Board, now: UnixTime) -> QueryResult<Found> {
    let is_known = |row: &ListRow| known.find(row.id).is_some_and(|list| list.row().is_same_state(row));
    let rows = lists::all_live(conn, now)?.into_iter();
    rows.map(|row| Ok((row, if is_known(&row) { None } else { Some(store::not_valid(conn, row.id)?) }))).collect()
}

fn build(
    issuer: &str,
    known: &Board,
    (row, entries): (ListRow, Option<Vec<(i64, i64)>>),
    key: &SigningKey,
) -> Result<Arc<PublishedList>, CannotSign> {
    let held = known.lists.iter().find(|list| list.row().id == row.id);
    match (entries, held) {
        (None, Some(held)) if known.kid == key.kid() => Ok(Arc::clone(held)),
        (None, Some(held)) => held.sign_anew(issuer, key).map(Arc::new),
        (entries, _) => PublishedList::build(issuer, row, &entries.unwrap_or_default(), key).map(Arc::new),
    }
}
