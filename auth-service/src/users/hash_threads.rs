//! Hashing threads, each with its own memory.
//!
//! A hash takes tens of milliseconds and 19 MiB. A fixed number of threads bounds both, however many people log in at the
//! same time, and a bounded queue rejects the rest immediately.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use service_kit::RequestContext;
use shared::UnixTime;
use tokio::sync::oneshot;
use tracing::debug_span;

use super::{
    hash_queue::{HashQueue, Priority},
    verification::PasswordVerifier,
};
use crate::{config::Argon2Implementation, panic_message::panic_message};

/// A pool of hashing threads. It ends with its last owner.
#[derive(Clone)]
pub struct HashThreads {
    jobs: Arc<Jobs>,
    threads: Arc<[ThreadState]>,
    under_way: Arc<AtomicU32>,
    rejections: Arc<AtomicU64>,
    panics: Arc<AtomicU64>,
}

/// The threads end when this is dropped.
struct Jobs(Arc<HashQueue<Job>>);

impl Drop for Jobs {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Why a password was not hashed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// Too many hashes are waiting.
    #[error("password hashing queue is full")]
    QueueFull,
    /// Hashing failed or panicked, or the threads are gone.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// Hashes, or tells the caller that it was refused.
type Job = Box<dyn FnOnce(Option<&mut PasswordVerifier>) + Send>;

#[derive(Default)]
struct ThreadState {
    is_gone: AtomicBool,
    /// When the hash in progress was started, in seconds since the epoch; 0 while there is none.
    busy_since: AtomicI64,
}

/// A hash that takes longer than this is stuck.
const MAX_HASH_TIME: Duration = Duration::from_mins(1);

impl HashThreads {
    /// Starts `threads` threads, with a queue of `queue` hashes.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start(threads: usize, queue: usize, implementation: Argon2Implementation) -> io::Result<Self> {
        let queue = Arc::new(HashQueue::new(queue));
        let jobs = Arc::new(Jobs(Arc::clone(&queue)));
        let states: Arc<[ThreadState]> = (0..threads).map(|_| ThreadState::default()).collect();
        for number in 0..threads {
            let (queue, states) = (Arc::clone(&queue), Arc::clone(&states));
            let work = move || {
                if let Some(state) = states.get(number) {
                    let _gone = MarkGone(state);
                    work(&queue, implementation, state);
                }
            };
            thread::Builder::new().name(format!("hash-{number}")).spawn(work)?;
        }
        Ok(Self {
            jobs,
            threads: states,
            under_way: Arc::default(),
            rejections: Arc::default(),
            panics: Arc::default(),
        })
    }

    /// How many hashes are waiting for a thread.
    pub fn waiting(&self) -> usize {
        self.jobs.0.len()
    }

    /// How many hashes are being computed.
    pub fn under_way(&self) -> u32 {
        self.under_way.load(Relaxed)
    }

    /// How many hashes may wait.
    pub fn capacity(&self) -> usize {
        self.jobs.0.capacity()
    }

    /// How many hashes were rejected because the queue was full.
    pub fn rejections(&self) -> u64 {
        self.rejections.load(Relaxed)
    }

    /// How many hashes panicked.
    pub fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }

    /// Whether any thread is alive and not stuck.
    pub fn is_alive(&self, now: UnixTime) -> bool {
        self.threads.iter().any(|thread| thread.is_alive(now))
    }

    /// Runs this on a thread, unless the caller has been cancelled by then.
    ///
    /// # Errors
    /// [`HashingError::QueueFull`] if the queue is full of what is more urgent, [`HashingError::Failed`] if `hash` panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        hash: impl FnOnce(&mut PasswordVerifier) -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let (answer, done) = oneshot::channel();
        let (under_way, panics) = (Arc::clone(&self.under_way), Arc::clone(&self.panics));
        let context = RequestContext::in_span(debug_span!("password_hash"));
        let job: Job = Box::new(move |verifier| {
            let _entered = context.enter();
            let Some(verifier) = verifier else {
                let _ = answer.send(Err(HashingError::QueueFull));
                return;
            };
            if answer.is_closed() {
                return;
            }
            under_way.fetch_add(1, Relaxed);
            let hashed = catch_unwind(AssertUnwindSafe(|| hash(verifier)));
            under_way.fetch_sub(1, Relaxed);
            let hashed = hashed.map_err(|panic| {
                panics.fetch_add(1, Relaxed);
                // A panic may have left its memory in any state.
                verifier.reset();
                HashingError::Failed(panic_message(&*panic))
            });
            // The caller may have been cancelled.
            let _ = answer.send(hashed);
        });
        if let Some(refused) = self.jobs.0.push(priority, job) {
            self.rejections.fetch_add(1, Relaxed);
            refused(None);
        }
        done.await.map_err(|_| gone())?
    }
}

fn gone() -> HashingError {
    HashingError::Failed("the hashing threads are gone".to_owned())
}

impl ThreadState {
    fn is_alive(&self, now: UnixTime) -> bool {
        let since = self.busy_since.load(Relaxed);
        let is_stuck = since != 0 && now.since(UnixTime::from_seconds(since)) > MAX_HASH_TIME;
        !self.is_gone.load(Relaxed) && !is_stuck
    }
}

/// Records the end of a thread, also by a panic.
struct MarkGone<'a>(&'a ThreadState);

impl Drop for MarkGone<'_> {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Relaxed);
    }
}

fn work(jobs: &HashQueue<Job>, implementation: Argon2Implementation, state: &ThreadState) {
    lower_priority();
    let mut verifier = PasswordVerifier::new(implementation);
    while let Some(job) = jobs.pop() {
        state.busy_since.store(UnixTime::now().seconds(), Relaxed);
        job(Some(&mut verifier));
        state.busy_since.store(0, Relaxed);
    }
}

/// Lowers the priority of the thread, so that hashing does not delay other routes when cores are busy.
#[cfg(target_os = "linux")]
fn lower_priority() {
    const NICENESS: i32 = 10;
    // On Linux a priority is a thread's own, and no process id means the calling thread.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        log::warn!("cannot lower the priority of the hashing threads: {error}");
    }
}

/// On other systems a priority applies to the whole process.
#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

#[cfg(test)]
mod tests {
    use service_kit::ApiError;

    use super::*;

    #[actix_web::test]
    async fn a_hash_that_panics_is_an_internal_error_and_its_thread_stays() {
        let threads = HashThreads::start(1, 8, Argon2Implementation::Fast).unwrap();

        for number in 1..=3 {
            let panicked = threads.run(Priority::Login(0), |_| -> () { panic!("a bug") }).await.unwrap_err();

            assert_eq!(panicked, HashingError::Failed("a bug".to_owned()));
            assert_eq!((threads.panics(), threads.under_way()), (number, 0));
            assert_eq!(ApiError::from(panicked).status().as_u16(), 500);
        }
        assert_eq!(threads.run(Priority::Login(0), |_| 7).await, Ok(7));
        assert!(threads.is_alive(UnixTime::now()));
    }

    #[test]
    fn dead_or_stuck_threads_are_not_alive() {
        let now = UnixTime::from_seconds(1000);
        let state =
            |is_gone: bool, busy_since: i64| ThreadState { is_gone: is_gone.into(), busy_since: busy_since.into() };

        assert!(state(false, 0).is_alive(now));
        assert!(state(false, 940).is_alive(now));
        assert!(!state(false, 939).is_alive(now));
        assert!(!state(true, 0).is_alive(now));
    }
}
