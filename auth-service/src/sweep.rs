//! The loop that deletes what has expired: sessions, status lists, codes, consents.

use std::time::Duration;

use service_kit::error_chain;
use shared::{
    UnixTime,
    tasks::{Heartbeat, SupervisedTask, jittered},
};
use tokio::time::sleep;

use crate::{
    authorization::{self, store::SweptUntil},
    counters::{SWEEP_FAILURES, SWEPT_SESSIONS, SWEPT_STATUS_LISTS},
    db::{Db, DbError},
    guessing,
    sessions::store,
    status,
    users::skeletons,
};

const INTERVAL: Duration = Duration::from_mins(1);
/// Between two batches.
const BATCH_PAUSE: Duration = Duration::from_millis(20);
/// For this long after its end a session is listed, and its refresh tokens are recognized.
const RETENTION: Duration = Duration::from_hours(24);
/// A sweep begins here. Each batch begins at the end of the one before, instead of passing again what that has left in the index:
/// on PostgreSQL deleted rows stay there for a while.
const EARLIEST: UnixTime = UnixTime::from_seconds(0);
/// A batch waits for locks of other nodes, 30 s each, at most.
const MAX_SILENCE: Duration = Duration::from_mins(2);

/// Starts the loop that deletes sessions that ended a day ago, status lists whose last token has expired, and expired codes and
/// consents. It stops when
/// the returned task is dropped.
///
/// It deletes in small batches, so that nobody waits long for SQLite's write lock, and takes turns with other nodes.
pub fn spawn_sweep_loop(db: Db) -> SupervisedTask {
    SupervisedTask::spawn("sweep", MAX_SILENCE, move |heartbeat| run(db.clone(), heartbeat))
}

async fn run(db: Db, heartbeat: Heartbeat) {
    loop {
        if let Err(error) = sweep(&db, &heartbeat, UnixTime::now()).await {
            SWEEP_FAILURES.add(1);
            log::warn!("sweep failed: {}", error_chain(&error));
        }
        for _ in 0..jittered(INTERVAL).as_secs() {
            heartbeat.beat();
            sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn sweep(db: &Db, heartbeat: &Heartbeat, now: UnixTime) -> Result<(), DbError> {
    delete_lists(db, heartbeat, now).await?;
    delete_sessions(db, heartbeat, now).await?;
    delete_codes(db, heartbeat, now).await?;
    db.write(move |conn| guessing::store::sweep(conn, now)).await?;
    while skeletons::fill_in(db).await? {
        heartbeat.beat();
        sleep(BATCH_PAUSE).await;
    }
    Ok(())
}

/// Tokens first, so that none is left without its list.
async fn delete_lists(db: &Db, heartbeat: &Heartbeat, now: UnixTime) -> Result<(), DbError> {
    use status::{
        lists::{self, CAPACITY},
        store::{BATCH, delete_batch},
    };
    for id in db.run(move |conn| lists::all_ended(conn, now)).await? {
        for first in (0..CAPACITY).step_by(usize::try_from(BATCH).unwrap_or(1)) {
            heartbeat.beat();
            let deleted = db.write_alone(move |conn| delete_batch(conn, id, first)).await?;
            if deleted > 0 {
                sleep(BATCH_PAUSE).await;
            }
        }
        if db.write(move |conn| lists::delete_ended(conn, id, now)).await? > 0 {
            SWEPT_STATUS_LISTS.add(1);
            log::info!("expired status list {id} deleted");
        }
    }
    Ok(())
}

async fn delete_sessions(db: &Db, heartbeat: &Heartbeat, now: UnixTime) -> Result<(), DbError> {
    let before = now.minus(RETENTION);
    let mut from = EARLIEST;
    loop {
        heartbeat.beat();
        let over = db.run(move |conn| store::find_over(conn, from, before)).await?;
        let Some(&(_, last_end)) = over.last() else { return Ok(()) };
        from = last_end;
        let ids: Vec<_> = over.into_iter().map(|(id, _)| id).collect();
        let deleted = ids.len();
        db.write_alone(move |conn| store::delete(conn, &ids)).await?;
        SWEPT_SESSIONS.add(deleted);
        sleep(BATCH_PAUSE).await;
    }
}

/// A code is recognized for a while after its end, so that a second use is seen.
async fn delete_codes(db: &Db, heartbeat: &Heartbeat, now: UnixTime) -> Result<(), DbError> {
    const CODE_RETENTION: Duration = Duration::from_hours(1);
    let before = now.minus(CODE_RETENTION);
    let mut from = SweptUntil { codes: EARLIEST, consents: EARLIEST };
    while let Some(until) = db.write_alone(move |conn| authorization::store::sweep(conn, from, before)).await? {
        from = until;
        heartbeat.beat();
        sleep(BATCH_PAUSE).await;
    }
    Ok(())
}
