//! Background tasks that are kept running.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{task::JoinHandle, time::sleep};

use crate::time::UnixTime;

/// A background task that is restarted when it panics or returns, and that stops when this is dropped.
///
/// It runs on the tokio runtime that it was spawned on: that of `#[tokio::main]` or of `#[actix_web::main]`.
#[must_use = "the task stops when this is dropped"]
#[derive(Debug)]
pub struct SupervisedTask {
    handle: JoinHandle<()>,
    health: Arc<TaskHealth>,
}

/// How a background task is doing: what metrics and readiness read.
#[derive(Debug)]
pub struct TaskHealth {
    name: &'static str,
    max_silence: Duration,
    restarts: AtomicU64,
    last_beat: AtomicI64,
    #[cfg(feature = "testing")]
    fault: std::sync::atomic::AtomicU8,
}

/// What a task calls once per round, to show that it is alive.
#[derive(Clone, Debug)]
pub struct Heartbeat(Arc<TaskHealth>);

/// Short enough to be back within a second, long enough not to flood the log.
const RESTART_DELAY: Duration = Duration::from_millis(250);

impl SupervisedTask {
    /// Spawns the future that `start` makes, and a new one whenever it ends. The task counts as dead once it has not
    /// called [`Heartbeat::beat`] for longer than `max_silence`.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn<F, Fut>(name: &'static str, max_silence: Duration, mut start: F) -> Self
    where
        F: FnMut(Heartbeat) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let health = Arc::new(TaskHealth::new(name, max_silence));
        let supervised = Arc::clone(&health);
        let handle = tokio::spawn(async move {
            loop {
                let run = async { start(Heartbeat(Arc::clone(&supervised))).await };
                let ended = AssertUnwindSafe(run).catch_unwind().await;
                let how = if ended.is_err() { "panicked" } else { "returned" };
                supervised.restarts.fetch_add(1, Relaxed);
                log::error!("background task {name} {how}, restarting it");
                sleep(RESTART_DELAY).await;
            }
        });
        Self { handle, health }
    }

    /// How the task is doing.
    pub fn health(&self) -> &Arc<TaskHealth> {
        &self.health
    }
}

impl Drop for SupervisedTask {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl TaskHealth {
    fn new(name: &'static str, max_silence: Duration) -> Self {
        Self {
            name,
            max_silence,
            restarts: AtomicU64::new(0),
            last_beat: AtomicI64::new(UnixTime::now().seconds()),
            #[cfg(feature = "testing")]
            fault: std::sync::atomic::AtomicU8::new(fault::NONE),
        }
    }

    /// The task's name, as in the log and in the metrics' label.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How often the task has been restarted.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Relaxed)
    }

    /// When the task last showed that it is alive.
    pub fn last_beat(&self) -> UnixTime {
        UnixTime::from_seconds(self.last_beat.load(Relaxed))
    }

    /// Whether the task has shown that it is alive within its bound.
    pub fn is_alive(&self, now: UnixTime) -> bool {
        now.since(self.last_beat()) <= self.max_silence
    }
}

impl Heartbeat {
    /// Of no task, for tests of a loop's parts.
    #[cfg(test)]
    pub(crate) fn detached() -> Self {
        Self(Arc::new(TaskHealth::new("detached", Duration::MAX)))
    }

    /// Shows that the task is alive.
    pub fn beat(&self) {
        #[cfg(feature = "testing")]
        self.0.inject_fault();
        self.0.last_beat.store(UnixTime::now().seconds(), Relaxed);
    }
}

/// Faults that tests inject: a task that panics, once or at each beat.
#[cfg(feature = "testing")]
mod fault {
    use super::{Relaxed, TaskHealth};

    pub(super) const NONE: u8 = 0;
    const PANIC_ONCE: u8 = 1;
    const PANIC_ALWAYS: u8 = 2;

    impl TaskHealth {
        /// Has the task panic at its next beat. For tests.
        pub fn panic_once(&self) {
            self.fault.store(PANIC_ONCE, Relaxed);
        }

        /// Has the task panic at each beat until [`TaskHealth::recover`]. For tests.
        pub fn panic_always(&self) {
            self.fault.store(PANIC_ALWAYS, Relaxed);
        }

        /// Makes the last heartbeat older by this much. For tests.
        pub fn age(&self, by: std::time::Duration) {
            self.last_beat.fetch_sub(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Relaxed);
        }

        /// Lets the task run again. For tests.
        pub fn recover(&self) {
            self.fault.store(NONE, Relaxed);
        }

        #[expect(clippy::panic, reason = "a fault that a test injects")]
        pub(super) fn inject_fault(&self) {
            match self.fault.load(Relaxed) {
                PANIC_ONCE => {
                    self.fault.store(NONE, Relaxed);
                    panic!("injected by a test");
                }
                PANIC_ALWAYS => panic!("injected by a test"),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[actix_web::test]
    async fn a_task_that_panics_or_returns_is_restarted_and_counted() {
        tokio::time::pause();
        let starts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&starts);

        let task = SupervisedTask::spawn("test", Duration::from_secs(1), move |heartbeat| {
            let start = counted.fetch_add(1, Relaxed);
            async move {
                heartbeat.beat();
                match start {
                    0 => panic!("the first start"),
                    1 => {}
                    _ => std::future::pending().await,
                }
            }
        });
        sleep(RESTART_DELAY * 3).await;

        assert_eq!((starts.load(Relaxed), task.health().restarts()), (3, 2));
    }

    #[actix_web::test]
    async fn a_task_stops_with_its_owner() {
        let owned = Arc::new(());
        let held = Arc::clone(&owned);
        let task = SupervisedTask::spawn("test", Duration::from_secs(1), move |_| {
            let held = Arc::clone(&held);
            async move {
                std::future::pending::<()>().await;
                drop(held);
            }
        });
        tokio::task::yield_now().await;

        drop(task);
        tokio::task::yield_now().await;

        assert_eq!(Arc::strong_count(&owned), 1);
    }

    #[test]
    fn a_task_is_dead_once_its_heartbeat_is_overdue() {
        let health = TaskHealth::new("test", Duration::from_secs(10));
        let beat = health.last_beat();

        assert!(health.is_alive(beat.plus(Duration::from_secs(10))));
        assert!(!health.is_alive(beat.plus(Duration::from_secs(11))));
    }
}
