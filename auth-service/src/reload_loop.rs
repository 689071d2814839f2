//! Loops that reload data that other nodes may have changed.

use std::{error::Error, future::Future, sync::Arc, time::Duration};

use shared::tasks::{Heartbeat, SupervisedTask};
use tokio::time::sleep;

/// Data that is reloaded periodically.
pub trait Reload: Send + Sync + 'static {
    /// The task's name in the log, in metrics and in readiness.
    const NAME: &'static str;
    /// What is reloaded, in the log.
    const WHAT: &'static str;
    /// The time between two reloads.
    const INTERVAL: Duration;

    /// Resolves when a token refers to something unknown, which a reload may find.
    fn missed(&self) -> impl Future<Output = ()> + Send;

    /// Reloads.
    fn reload(&self, heartbeat: &Heartbeat) -> impl Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send;

    /// Wakes requests that wait for a reload.
    fn notify_reloaded(&self);
}

/// The minimum interval between two reloads, however many tokens refer to something unknown.
const MIN_INTERVAL: Duration = Duration::from_millis(100);
/// A round waits for locks of other nodes, 30 s each, at most.
const MAX_SILENCE: Duration = Duration::from_secs(90);

/// Starts a loop. It stops when the returned task is dropped.
pub fn spawn_reload_loop<R: Reload>(reloaded: Arc<R>) -> SupervisedTask {
    SupervisedTask::spawn(R::NAME, MAX_SILENCE, move |heartbeat| run(Arc::clone(&reloaded), heartbeat))
}

async fn run<R: Reload>(reloaded: Arc<R>, heartbeat: Heartbeat) {
    let mut was_ok = true;
    loop {
        heartbeat.beat();
        sleep(MIN_INTERVAL).await;
        tokio::select! {
            () = sleep(R::INTERVAL) => {}
            () = reloaded.missed() => {}
        }
        let done = reloaded.reload(&heartbeat).await;
        match &done {
            Err(error) if was_ok => log::error!("failed to reload {}: {error}", R::WHAT),
            Ok(()) if !was_ok => log::info!("reloading {} works again", R::WHAT),
            _ => {}
        }
        was_ok = done.is_ok();
        reloaded.notify_reloaded();
    }
}
