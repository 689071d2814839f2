//! Refusals that anybody can cause: counted in memory, and written to the audit log as few lines.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use service_kit::error_chain;
use shared::{
    UnixTime,
    tasks::{Heartbeat, SupervisedTask},
};
use tokio::time::sleep;

use super::{
    event::{Action, Event},
    store,
    tally::Tally,
};
use crate::{
    counters::AUDIT_FAILURES,
    db::{Db, DbError},
    rate::Rate,
};

/// Counts refusals that need no login, such as wrong passwords, and writes them to the audit log: the first ones at once, and
/// in a flood one line for many of them. What strangers can have written is bounded, whatever they send.
pub struct Refusals {
    db: Db,
    pending: Mutex<Pending>,
    is_failing: AtomicBool,
}

#[derive(Default)]
struct Pending {
    tallies: BTreeMap<Refusal, Tally>,
    /// When as many lines as at first may be written again.
    full_at: i64,
}

/// What was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// What was tried.
    pub action: Action,
    /// With which user or client, if it exists: what is typed into a form may be a password.
    pub subject: Option<String>,
    /// Why it was refused.
    pub reason: Option<&'static str>,
}

/// In seconds: ten lines at once, then 30 per minute.
const LINES: Rate = Rate { burst: 10, period: 2 };
/// Different refusals that are counted apart; all others make one line.
const MAX_TALLIES: usize = 64;
const INTERVAL: Duration = Duration::from_millis(200);
const MAX_SILENCE: Duration = Duration::from_mins(1);

impl Refusals {
    /// For the audit log in this database.
    pub fn new(db: Db) -> Self {
        Self { db, pending: Mutex::default(), is_failing: AtomicBool::new(false) }
    }

    /// Counts a refusal, and writes it unless there are too many. The response does not depend on whether that succeeds.
    pub async fn note(&self, refusal: Refusal, address: Option<String>, now: UnixTime) {
        self.pending().count(refusal, address, now);
        let due = self.pending().take_due(now);
        self.write(due, now).await;
    }

    /// Writes everything, at shutdown.
    pub async fn write_rest(&self, now: UnixTime) {
        let rest = std::mem::take(&mut self.pending().tallies);
        self.write(rest.into_iter().collect(), now).await;
    }

    /// What cannot be written stays counted.
    async fn write(&self, due: Vec<(Refusal, Tally)>, now: UnixTime) {
        if due.is_empty() {
            return;
        }
        let events: Vec<_> = due.iter().map(|(refusal, tally)| event(refusal, tally, now)).collect();
        let written = self.db.write(move |conn| {
            events.iter().try_for_each(|event| store::insert(conn, event, now))?;
            Ok::<_, DbError>(())
        });
        match written.await {
            Ok(()) => self.is_failing.store(false, Relaxed),
            Err(error) => {
                self.pending().put_back(due);
                if !self.is_failing.swap(true, Relaxed) {
                    AUDIT_FAILURES.add(1);
                    log::error!("cannot write failed attempts to the audit log: {}", error_chain(&error));
                }
            }
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn count(&mut self, refusal: Refusal, address: Option<String>, now: UnixTime) {
        let has_room = self.tallies.len() < MAX_TALLIES || self.tallies.contains_key(&refusal);
        let refusal = if has_room { refusal } else { Refusal { subject: None, reason: None, ..refusal } };
        self.tallies.entry(refusal).or_insert_with(|| Tally::new(now)).count(address);
    }

    /// As many as may be written now.
    fn take_due(&mut self, now: UnixTime) -> Vec<(Refusal, Tally)> {
        let mut due = Vec::new();
        while !self.tallies.is_empty()
            && let Ok(full_at) = LINES.take(self.full_at, now.seconds())
        {
            self.full_at = full_at;
            due.extend(self.take_oldest());
        }
        due
    }

    /// So that none waits forever behind those that keep returning.
    fn take_oldest(&mut self) -> Option<(Refusal, Tally)> {
        let oldest = self.tallies.iter().min_by_key(|(_, tally)| tally.first).map(|(refusal, _)| refusal.clone())?;
        self.tallies.remove_entry(&oldest)
    }

    fn put_back(&mut self, due: Vec<(Refusal, Tally)>) {
        for (refusal, tally) in due {
            match self.tallies.get_mut(&refusal) {
                Some(newer) => newer.add(tally),
                None => drop(self.tallies.insert(refusal, tally)),
            }
        }
    }
}

fn event(refusal: &Refusal, tally: &Tally, now: UnixTime) -> Event {
    let Refusal { action, subject, reason } = refusal.clone();
    let detail: Vec<_> = reason.map(str::to_owned).into_iter().chain(tally.details(now)).collect();
    let detail = (!detail.is_empty()).then(|| detail.join("; "));
    Event { actor: None, action, subject, address: tally.address(), detail }
}

/// Starts the task that writes what was counted in a flood. It stops when the returned task is dropped.
pub fn spawn_refusal_writer(refusals: Arc<Refusals>) -> SupervisedTask {
    SupervisedTask::spawn("audit", MAX_SILENCE, move |heartbeat| run(Arc::clone(&refusals), heartbeat))
}

async fn run(refusals: Arc<Refusals>, heartbeat: Heartbeat) {
    loop {
        heartbeat.beat();
        sleep(INTERVAL).await;
        let now = UnixTime::now();
        let due = refusals.pending().take_due(now);
        refusals.write(due, now).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

    fn wrong_password(subject: &str) -> Refusal {
        let reason = Some("wrong username or password");
        Refusal { action: Action::LogInFailed, subject: Some(subject.to_owned()), reason }
    }

    fn lines(pending: &mut Pending, now: UnixTime) -> Vec<Event> {
        pending.take_due(now).iter().map(|(refusal, tally)| event(refusal, tally, now)).collect()
    }

    #[test]
    fn a_single_refusal_is_a_line_with_its_address() {
        let mut pending = Pending::default();
        pending.count(wrong_password("john"), Some("203.0.113.7".to_owned()), NOW);

        let expected = Event {
            actor: None,
            action: Action::LogInFailed,
            subject: Some("john".to_owned()),
            address: Some("203.0.113.7".to_owned()),
            detail: Some("wrong username or password".to_owned()),
        };
        assert_eq!(lines(&mut pending, NOW), [expected]);
    }

    #[test]
    fn many_refusals_are_one_line_that_counts_them() {
        let mut pending = Pending::default();
        for number in 0..1000 {
            pending.count(wrong_password("john"), Some(format!("203.0.113.{}", number % 5)), NOW);
        }

        let line = lines(&mut pending, NOW.plus(Duration::from_secs(3))).pop().unwrap();

        let addresses = "203.0.113.0, 203.0.113.1, 203.0.113.2 and others";
        let detail = format!("wrong username or password; 1000 times in 3 s; from {addresses}");
        assert_eq!((line.address, line.detail), (None, Some(detail)));
    }

    #[test]
    fn a_flood_over_many_users_writes_few_lines_and_forgets_no_refusal() {
        let mut pending = Pending::default();
        let (mut lines, mut counted) = (0, 0);
        for second in 0..60 {
            let now = NOW.plus(Duration::from_secs(second));
            for user in 0..1000 {
                pending.count(wrong_password(&format!("user{user}")), None, now);
            }
            let due = pending.take_due(now);
            lines += due.len();
            counted += due.iter().map(|(_, tally)| tally.count).sum::<u64>();
        }

        assert!(lines <= 60, "{lines} lines");
        assert!(pending.tallies.len() <= MAX_TALLIES + 1);
        assert_eq!(counted + pending.tallies.values().map(|tally| tally.count).sum::<u64>(), 60 * 1000);
    }
}
