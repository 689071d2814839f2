//! The delivery of logout notices.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream};
use service_kit::error_chain;
use shared::UnixTime;

use super::{
    notice::Notice,
    receivers::{Receivers, Undelivered},
    store,
};
use crate::{
    clients::backchannel_uri::BackchannelUri,
    counters::{LOGOUT_NOTICES_ABANDONED, LOGOUT_NOTICES_FAILED, LOGOUT_NOTICES_SENT},
    db::{Db, DbError},
    keys::key_keeper::KeyKeeper,
    tokens::{error::TokenError, issuer::TokenIssuer, logout_token::LogoutGrant},
};

/// Notices that one application gets at the same time.
const CONCURRENT: usize = 4;
/// Notices in a round.
const ROUND: usize = 16;
/// How long no other node sends what this one has claimed. A round takes 20 s at most.
const CLAIM: Duration = Duration::from_mins(1);

/// Tells applications which browser sessions have ended.
pub struct LogoutDelivery {
    db: Db,
    issuer: Arc<TokenIssuer>,
    keys: Arc<KeyKeeper>,
    receivers: Receivers,
    waiting: AtomicI64,
}

/// Why a notice was not delivered.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token was not accepted.
    #[error(transparent)]
    Undelivered(#[from] Undelivered),
    /// Another notice has just failed in a way that this one would too.
    #[error("the application is not available")]
    Untried,
}

impl Failure {
    /// Whether other notices for the same application would fail too.
    fn is_of_all(&self) -> bool {
        !matches!(self, Self::Undelivered(Undelivered::Status(_)))
    }
}

/// A notice, and its outcome.
type Outcome = (Notice, Result<(), Failure>);

impl LogoutDelivery {
    /// Sends the notices in this database, to public addresses or to all.
    pub fn new(db: Db, issuer: Arc<TokenIssuer>, keys: Arc<KeyKeeper>, allows_private_addresses: bool) -> Self {
        Self { db, issuer, keys, receivers: Receivers::new(allows_private_addresses), waiting: AtomicI64::new(0) }
    }

    /// How many notices waited in the database a moment ago.
    pub fn waiting(&self) -> i64 {
        self.waiting.load(Relaxed)
    }

    /// At most so many clients with notices that are due.
    pub(super) async fn clients_due(&self, limit: usize, now: UnixTime) -> Result<Vec<String>, DbError> {
        let found = self.db.run(move |conn| {
            let waiting = store::count(conn)?;
            let due = if waiting == 0 { Vec::new() } else { store::clients_due(conn, limit, now)? };
            Ok::<_, DbError>((waiting, due))
        });
        let (waiting, due) = found.await?;
        self.waiting.store(waiting, Relaxed);
        Ok(due)
    }

    /// Sends a client notices that are due. Returns it, and whether there may be more.
    pub(super) async fn run_round(&self, client: String) -> (String, bool) {
        let has_more = match self.try_round(&client).await {
            Ok(has_more) => has_more,
            Err(error) => {
                log::warn!("logout notices of client {client} are delayed: {}", error_chain(&error));
                false
            }
        };
        (client, has_more)
    }

    async fn try_round(&self, client: &str) -> Result<bool, DbError> {
        let Some((uri, notices)) = self.claim(client, UnixTime::now()).await? else { return Ok(false) };
        let has_more = notices.len() == ROUND;
        let is_away = AtomicBool::new(false);
        let attempts = stream::iter(notices).map(|notice| self.attempt(client, &uri, notice, &is_away));
        let outcomes = attempts.buffer_unordered(CONCURRENT).collect().await;
        let is_away = is_away.into_inner();
        self.settle(client, outcomes, is_away, UnixTime::now()).await?;
        Ok(has_more && !is_away)
    }

    /// The notices are deleted if the client does not expect any, or is gone.
    async fn claim(&self, client: &str, now: UnixTime) -> Result<Option<(BackchannelUri, Vec<Notice>)>, DbError> {
        let client = client.to_owned();
        self.db
            .write_alone(move |conn| match store::find_receiver(conn, &client)? {
                Some(uri) => Ok(Some((uri, store::claim(conn, &client, ROUND, now.plus(CLAIM), now)?))),
                None => store::delete_all_of(conn, &client).map(|_| None),
            })
            .await
    }

    async fn attempt(&self, client: &str, uri: &BackchannelUri, notice: Notice, is_away: &AtomicBool) -> Outcome {
        if is_away.load(Relaxed) {
            return (notice, Err(Failure::Untried));
        }
        let sent = self.send(client, uri, &notice, UnixTime::now()).await;
        if sent.as_ref().is_err_and(Failure::is_of_all) {
            is_away.store(true, Relaxed);
        }
        (notice, sent)
    }

    /// The token is signed only now, since it is valid for two minutes.
    async fn send(&self, client_id: &str, uri: &BackchannelUri, notice: &Notice, now: UnixTime) -> Result<(), Failure> {
        let grant = LogoutGrant { user: notice.user, client_id, browser: notice.browser };
        let token = self.issuer.issue_logout_token(&grant, &self.keys.ring(), now)?;
        Ok(self.receivers.send(uri, &token).await?)
    }

    /// Deletes what was sent, and postpones the rest. While an application is away, one notice tries for all.
    async fn settle(&self, client: &str, outcomes: Vec<Outcome>, is_away: bool, now: UnixTime) -> Result<(), DbError> {
        let Settlement { done, postponed, abandoned, failure } = Settlement::of(outcomes, now);
        if let Some(error) = failure {
            log::warn!("logout notices of client {client} not delivered: {}", error_chain(&error));
        }
        if abandoned > 0 {
            log::error!("{abandoned} logout notices of client {client} given up after 24 hours");
        }
        let retry_at = postponed.iter().map(|(_, _, at)| *at).min().filter(|_| is_away);
        let settled = self.db.write(move |conn| {
            done.iter().try_for_each(|id| store::delete(conn, id))?;
            postponed.iter().try_for_each(|(id, attempts, at)| store::postpone(conn, id, *attempts, *at))
        });
        settled.await?;
        if let Some(retry_at) = retry_at {
            let client = client.to_owned();
            self.db.write_alone(move |conn| store::postpone_all_of(conn, &client, retry_at, now)).await?;
        }
        Ok(())
    }
}

/// What a round changes.
#[derive(Default)]
struct Settlement {
    /// The notices that are deleted.
    done: Vec<String>,
    /// Those that are sent again, with the number of attempts so far, and when.
    postponed: Vec<(String, i64, UnixTime)>,
    abandoned: usize,
    /// For the log.
    failure: Option<Failure>,
}

impl Settlement {
    /// Counts the outcomes too.
    fn of(outcomes: Vec<Outcome>, now: UnixTime) -> Self {
        let mut settlement = Self::default();
        for (notice, result) in outcomes {
            match result {
                Ok(()) => {
                    LOGOUT_NOTICES_SENT.add(1);
                    settlement.done.push(notice.id);
                }
                Err(failure) => settlement.add_failed(notice, failure, now),
            }
        }
        LOGOUT_NOTICES_ABANDONED.add(settlement.abandoned);
        settlement
    }

    fn add_failed(&mut self, notice: Notice, failure: Failure, now: UnixTime) {
        let tried = !matches!(failure, Failure::Untried);
        LOGOUT_NOTICES_FAILED.add(usize::from(tried));
        if let Some(at) = notice.retry_at(now) {
            self.postponed.push((notice.id, notice.attempts + i64::from(tried), at));
        } else {
            self.abandoned += 1;
            self.done.push(notice.id);
        }
        if tried {
            self.failure = Some(failure);
        }
    }
}
