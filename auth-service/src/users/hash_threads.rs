//! Threads that hash, each with memory of its own.
//!
//! A hash takes tens of milliseconds and 19 MiB. A fixed number of threads bounds both, whatever number of people log
//! in at a time, and a bounded queue tells the rest at once that it is too much.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use service_kit::RequestContext;
use tokio::sync::oneshot;
use tracing::debug_span;

use super::argon2id::Argon2id;

/// A pool of hashing threads. It ends with its last owner.
#[derive(Clone)]
pub struct HashThreads {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicU32>,
    under_way: Arc<AtomicU32>,
    rejections: Arc<AtomicU64>,
    capacity: usize,
}

/// The queue is full, or the threads are gone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("all hashing threads are busy")]
pub struct Busy;

type Job = Box<dyn FnOnce(&mut Argon2id) + Send>;

impl HashThreads {
    /// As many threads, with room for as many hashes to wait.
    pub fn start(threads: usize, queue: usize) -> Self {
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads {
            let receiver = Arc::clone(&receiver);
            let started = thread::Builder::new().name(format!("hash-{number}")).spawn(move || work(&receiver));
            if let Err(error) = started {
                log::error!("hashing thread {number} cannot be started: {error}");
            }
        }
        Self {
            jobs: sender,
            waiting: Arc::default(),
            under_way: Arc::default(),
            rejections: Arc::default(),
            capacity: queue,
        }
    }

    /// How many hashes have been asked for and are not yet under way.
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Relaxed)
    }

    /// How many hashes are being made.
    pub fn under_way(&self) -> u32 {
        self.under_way.load(Relaxed)
    }

    /// How many hashes may wait.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many hashes were rejected because the queue was full.
    pub fn rejections(&self) -> u64 {
        self.rejections.load(Relaxed)
    }

    /// Has a thread do this, unless nobody waits for it any more when its turn comes.
    ///
    /// # Errors
    /// [`Busy`] if as many are waiting already as there is room for.
    pub async fn run<T: Send + 'static>(
        &self,
        hash: impl FnOnce(&mut Argon2id) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (answer, done) = oneshot::channel();
        let (waiting, under_way) = (Arc::clone(&self.waiting), Arc::clone(&self.under_way));
        let context = RequestContext::in_span(debug_span!("password_hash"));
        let job: Job = Box::new(move |argon2id| {
            let _entered = context.enter();
            waiting.fetch_sub(1, Relaxed);
            if !answer.is_closed() {
                under_way.fetch_add(1, Relaxed);
                let hashed = hash(argon2id);
                under_way.fetch_sub(1, Relaxed);
                // Whoever asked may have gone meanwhile.
                let _ = answer.send(hashed);
            }
        });
        self.waiting.fetch_add(1, Relaxed);
        self.jobs.try_send(job).map_err(|error| {
            self.waiting.fetch_sub(1, Relaxed);
            self.rejections.fetch_add(1, Relaxed);
            match error {
                TrySendError::Full(_) | TrySendError::Disconnected(_) => Busy,
            }
        })?;
        done.await.map_err(|_| Busy)
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    step_back();
    let mut argon2id = Argon2id::default();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut argon2id),
            Err(_) => return,
        }
    }
}

/// Lets every other thread go first where cores are short, so that hashing delays no other route.
#[cfg(target_os = "linux")]
fn step_back() {
    const NICENESS: i32 = 10;
    // On Linux a priority is a thread's own, and no process id is the calling thread's.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        log::warn!("hashing threads run at the usual priority: {error}");
    }
}

/// Elsewhere a priority is that of the whole process, which shall not step back.
#[cfg(not(target_os = "linux"))]
fn step_back() {}
