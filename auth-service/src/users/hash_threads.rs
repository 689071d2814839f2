//! Threads that hash, each with memory of its own.
//!
//! A hash takes tens of milliseconds and 19 MiB. A fixed number of threads bounds both, whatever number of people log
//! in at a time, and a bounded queue tells the rest at once that it is too much.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use argon2::Block;
use tokio::sync::oneshot;

/// A pool of hashing threads. It ends with its last owner.
#[derive(Clone)]
pub struct HashThreads {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicU32>,
}

/// The queue is full, or the threads are gone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("all hashing threads are busy")]
pub struct Busy;

/// The memory that a hash works in, kept between hashes.
#[derive(Default)]
pub struct Memory(Vec<Block>);

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

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
        Self { jobs: sender, waiting: Arc::default() }
    }

    /// How many hashes have been asked for and are not yet under way.
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Relaxed)
    }

    /// Has a thread do this, unless nobody waits for it any more when its turn comes.
    ///
    /// # Errors
    /// [`Busy`] if as many are waiting already as there is room for.
    pub async fn run<T: Send + 'static>(
        &self,
        hash: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (answer, done) = oneshot::channel();
        let waiting = Arc::clone(&self.waiting);
        let job: Job = Box::new(move |memory| {
            waiting.fetch_sub(1, Relaxed);
            if !answer.is_closed() {
                // Whoever asked may have gone meanwhile.
                let _ = answer.send(hash(memory));
            }
        });
        self.waiting.fetch_add(1, Relaxed);
        self.jobs.try_send(job).map_err(|error| {
            self.waiting.fetch_sub(1, Relaxed);
            match error {
                TrySendError::Full(_) | TrySendError::Disconnected(_) => Busy,
            }
        })?;
        done.await.map_err(|_| Busy)
    }
}

impl Memory {
    /// Room for a hash with these parameters.
    pub fn blocks(&mut self, params: &argon2::Params) -> &mut [Block] {
        self.0.resize(self.0.len().max(params.block_count()), Block::default());
        &mut self.0
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    let mut memory = Memory::default();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut memory),
            Err(_) => return,
        }
    }
}
