//! The loop that deletes what is over.

use std::time::Duration;

use actix_web::rt;
use service_kit::error_chain;
use shared::{UnixTime, jittered};
use tokio::time::sleep;

use super::store;
use crate::{
    counters::{SWEEP_FAILURES, SWEPT_SESSIONS, SWEPT_STATUS_LISTS},
    db::{Db, DbError},
    status,
};

/// Deletes sessions that were over a day ago, and status lists whose last token has expired, with what is known of their
/// tokens.
///
/// It deletes little at a time, so that nobody waits long for SQLite's one right to write, and takes turns with other
/// nodes. It ends when this is dropped.
pub struct SweepLoop(rt::task::JoinHandle<()>);

const PAUSE: Duration = Duration::from_mins(1);
/// Between two things deleted.
const BREATH: Duration = Duration::from_millis(20);
/// A session is shown, and a refresh token of it recognised, for so long after its end.
const KEPT_AFTER: Duration = Duration::from_hours(24);

impl SweepLoop {
    /// Starts the loop on this thread's runtime.
    pub fn spawn(db: Db) -> Self {
        Self(rt::spawn(sweep(db)))
    }
}

impl Drop for SweepLoop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn sweep(db: Db) {
    loop {
        if let Err(error) = sweep_once(&db, UnixTime::now()).await {
            SWEEP_FAILURES.add(1);
            log::warn!("sweep failed: {}", error_chain(&error));
        }
        sleep(jittered(PAUSE)).await;
    }
}

async fn sweep_once(db: &Db, now: UnixTime) -> Result<(), DbError> {
    delete_lists(db, now).await?;
    delete_sessions(db, now).await
}

/// First the tokens, so that none is left without its list.
async fn delete_lists(db: &Db, now: UnixTime) -> Result<(), DbError> {
    use status::{
        lists::{self, CAPACITY},
        store::{BATCH, delete_batch},
    };
    for id in db.run(move |conn| lists::all_ended(conn, now)).await? {
        for first in (0..CAPACITY).step_by(usize::try_from(BATCH).unwrap_or(1)) {
            let deleted = db.write_alone(move |conn| delete_batch(conn, id, first)).await?;
            if deleted > 0 {
                sleep(BREATH).await;
            }
        }
        if db.write(move |conn| lists::delete_ended(conn, id, now)).await? > 0 {
            SWEPT_STATUS_LISTS.add(1);
            log::info!("expired status list {id} deleted");
        }
    }
    Ok(())
}

async fn delete_sessions(db: &Db, now: UnixTime) -> Result<(), DbError> {
    let before = now.minus(KEPT_AFTER);
    loop {
        let over = db.run(move |conn| store::find_over(conn, before)).await?;
        if over.is_empty() {
            return Ok(());
        }
        let deleted = over.len();
        db.write_alone(move |conn| store::delete(conn, &over)).await?;
        SWEPT_SESSIONS.add(deleted);
        sleep(BREATH).await;
    }
}
