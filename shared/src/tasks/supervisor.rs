//! Supervised background tasks.

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

/// A background task that is restarted when it panics or returns. It stops when this handle is dropped.
///
/// The task runs on the tokio runtime that spawned it, such as that of `#[tokio::main]` or `#[actix_web::main]`.
#[must_use = "the task stops when this is dropped"]
#[derive(Debug)]
pub struct SupervisedTask {
    handle: JoinHandle<()>,
    health: Arc<TaskHealth>,
}

/// The health of a background task, for metrics and readiness.
#[derive(Debug)]
pub struct TaskHealth {
    name: &'static str,
    max_silence: Duration,
    restarts: AtomicU64,
    last_beat: AtomicI64,
    #[cfg(feature = "testing")]
    fault: std::sync::atomic::AtomicU8,
}

/// With this a task signals, once per iteration, that it is alive.
#[derive(Clone, Debug)]
pub struct Heartbeat(Arc<TaskHealth>);

/// Short enough to recover within a second, long enough not to flood the log.
const RESTART_DELAY: Duration = Duration::from_millis(250);

impl SupervisedTask {
    /// Spawns the future that `start` returns, and calls `start` again whenever the future ends. The task is considered
    /// dead if it has not called [`Heartbeat::beat`] for longer than `max_silence`.
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

    /// The task's health.
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

    /// The task's name, as in logs and metric labels.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How often the task has been restarted.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Relaxed)
    }

    /// The time of the last heartbeat.
    pub fn last_beat(&self) -> UnixTime {
        UnixTime::from_seconds(self.last_beat.load(Relaxed))
    }

    /// Whether the last heartbeat is recent enough.
    pub fn is_alive(&self, now: UnixTime) -> bool {
        now.since(self.last_beat()) <= self.max_silence
    }
}

impl Heartbeat {
    /// A heartbeat without a task, for unit tests.
    #[cfg(test)]
    pub(crate) fn detached() -> Self {
        Self(Arc::new(TaskHealth::new("detached", Duration::MAX)))
    }

    /// Records a heartbeat.
    pub fn beat(&self) {
        #[cfg(feature = "testing")]
        self.0.inject_fault();
        self.0.last_beat.store(UnixTime::now().seconds(), Relaxed);
    }
}

/// Fault injection for tests: panics at the next or at each heartbeat.
#[cfg(feature = "testing")]
mod fault {
    use super::{Relaxed, TaskHealth};

    pub(super) const NONE: u8 = 0;
    const PANIC_ONCE: u8 = 1;
    const PANIC_ALWAYS: u8 = 2;

    impl TaskHealth {
        /// Makes the task panic at its next heartbeat. For tests.
        pub fn panic_once(&self) {
            self.fault.store(PANIC_ONCE, Relaxed);
        }

        /// Makes the task panic at each heartbeat until [`TaskHealth::recover`]. For tests.
        pub fn panic_always(&self) {
            self.fault.store(PANIC_ALWAYS, Relaxed);
        }

        /// Makes the last heartbeat older by `by`. For tests.
        pub fn age(&self, by: std::time::Duration) {
            self.last_beat.fetch_sub(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Relaxed);
        }

        /// Stops the panics. For tests.
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
