//! Whether the database commits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use shared::tasks::{Heartbeat, SupervisedTask};
use tokio::time::sleep;

use crate::db::Db;

/// Whether the database commits, found out by a small write from time to time. Reads succeed without that: at a server that
/// waits for a synchronous standby which is gone, or from a SQLite file that has been deleted.
pub struct WriteCheck {
    db: Db,
    is_failing: AtomicBool,
}

const INTERVAL: Duration = Duration::from_secs(3);
const MAX_SILENCE: Duration = Duration::from_mins(1);

impl WriteCheck {
    /// Of this database.
    pub fn new(db: Db) -> Self {
        Self { db, is_failing: AtomicBool::new(false) }
    }

    /// Whether the last write was committed.
    pub fn is_writable(&self) -> bool {
        !self.is_failing.load(Relaxed)
    }

    async fn check(&self) {
        let checked = self.db.check_commit().await;
        let was_failing = self.is_failing.swap(checked.is_err(), Relaxed);
        match checked {
            Err(error) if !was_failing => log::error!("the database does not commit: {error}"),
            Ok(()) if was_failing => log::info!("the database commits again"),
            _ => {}
        }
    }
}

/// Starts checking. It stops when the returned task is dropped.
pub fn spawn_write_check(check: Arc<WriteCheck>) -> SupervisedTask {
    SupervisedTask::spawn("write-check", MAX_SILENCE, move |heartbeat| run(Arc::clone(&check), heartbeat))
}

async fn run(check: Arc<WriteCheck>, heartbeat: Heartbeat) {
    loop {
        heartbeat.beat();
        check.check().await;
        sleep(INTERVAL).await;
    }
}
