//! Passwords hashed and checked away from the threads that serve.

use std::thread::available_parallelism;

use argon2_rust::{Params, params::Memory};
use service_kit::StartError;

use super::{
    argon2id::{Argon2id, Verdict},
    hash_threads::{Busy, HashThreads},
    password::Password,
};
use crate::config::{PasswordConfig, SETTINGS};

/// Hashes passwords with argon2id (RFC 9106) on threads of its own; a hash is kept as a PHC string.
#[derive(Clone)]
pub struct PasswordHasher {
    threads: HashThreads,
    params: Params,
    /// A hash of nobody's password, so that nobody costs the same as somebody.
    nobody: String,
}

/// The last one waits for so many hashes: half a second at 15 ms each, and well below two on a core shared with others.
const QUEUE_OF_A_THREAD: usize = 32;

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`StartError`] for parameters that argon2 does not take.
    pub fn start(config: &PasswordConfig) -> Result<Self, StartError> {
        let refused = |error: argon2_rust::Error| {
            StartError::new(
                SETTINGS.variable("passwords.memory_kib"),
                format!("argon2 does not take these parameters: {error}"),
                "Set at least 8 KiB of memory a lane and 1 iteration; 19456, 2 and 1 are advised.",
            )
        };
        let params = Params::builder()
            .memory(Memory::kib(config.memory_kib.into()))
            .passes(config.iterations)
            .lanes(config.parallelism)
            .build()
            .map_err(refused)?;
        let nobody = Argon2id::default().hash(&Password::typed("nobody's password".to_owned()), &params);
        let threads = config.threads.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
        let queue = config.queue.unwrap_or(threads * QUEUE_OF_A_THREAD);
        Ok(Self { threads: HashThreads::start(threads, queue), nobody: nobody.map_err(refused)?, params })
    }

    /// How many hashes have been asked for and are not yet under way.
    pub fn waiting(&self) -> u32 {
        self.threads.waiting()
    }

    /// How many hashes are being made.
    pub fn under_way(&self) -> u32 {
        self.threads.under_way()
    }

    /// How many hashes may wait.
    pub fn queue_capacity(&self) -> usize {
        self.threads.capacity()
    }

    /// How many hashes were rejected because the queue was full.
    pub fn rejections(&self) -> u64 {
        self.threads.rejections()
    }

    /// The memory of one hash, in bytes. A thread keeps so much for good.
    pub fn memory_per_hash(&self) -> i64 {
        i64::from(self.params.memory_kib()) * 1024
    }

    /// What is to be stored of a password.
    ///
    /// # Errors
    /// [`Busy`] when too many are waiting.
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        let params = self.params;
        let hashed = self.threads.run(move |argon2id| argon2id.hash(&password, &params)).await?;
        hashed.map_err(|error| {
            log::error!("a password cannot be hashed: {error}");
            Busy
        })
    }

    /// Whether this is the password that `stored` was made of; `None` is nobody, and costs the same.
    ///
    /// # Errors
    /// [`Busy`] when too many are waiting.
    pub async fn check(&self, stored: Option<String>, password: Password) -> Result<Verdict, Busy> {
        let is_somebody = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let params = self.params;
        let verdict = self.threads.run(move |argon2id| argon2id.check(&stored, &password, &params)).await?;
        Ok(if is_somebody { verdict } else { Verdict::Wrong })
    }
}
