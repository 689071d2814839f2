//! The retention of the audit log.

use std::time::Duration;

use service_kit::error_chain;
use shared::{
    UnixTime,
    tasks::{Heartbeat, SupervisedTask, jittered},
};
use tokio::time::sleep;

use super::{actor::Actor, event::Action, store};
use crate::db::{Db, DbError};

const INTERVAL: Duration = Duration::from_hours(1);
const MAX_SILENCE: Duration = Duration::from_mins(2);

/// Starts the task that deletes events older than `days` days, once an hour. It stops when the returned task is dropped.
pub fn spawn_retention(db: Db, days: u32) -> SupervisedTask {
    let kept = Duration::from_hours(24 * u64::from(days));
    SupervisedTask::spawn("audit-retention", MAX_SILENCE, move |heartbeat| run(db.clone(), kept, heartbeat))
}

async fn run(db: Db, kept: Duration, heartbeat: Heartbeat) {
    loop {
        let now = UnixTime::now();
        if let Err(error) = prune(&db, now.minus(kept), now).await {
            log::warn!("cannot delete old audit events: {}", error_chain(&error));
        }
        for _ in 0..jittered(INTERVAL).as_secs() {
            heartbeat.beat();
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// The deletion is itself recorded in the log.
async fn prune(db: &Db, before: UnixTime, now: UnixTime) -> Result<(), DbError> {
    let pruned = db.write(move |conn| {
        let pruned = store::prune(conn, before, i64::MAX)?;
        if pruned > 0 {
            let event = Actor::settings().did(Action::AuditPruned, "audit_log");
            store::insert(conn, &event.with_detail(format!("lines: {pruned}, by retention")), now)?;
        }
        Ok::<_, DbError>(pruned)
    });
    match pruned.await? {
        0 => {}
        pruned => log::info!("{pruned} audit events deleted at the end of their retention period"),
    }
    Ok(())
}
