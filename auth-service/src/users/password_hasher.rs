//! Hashing and checking passwords off the async threads.

use std::thread::available_parallelism;

use argon2::Params;
use service_kit::StartError;
use shared::UnixTime;

use super::{
    argon2_engine::choose_implementation,
    hash_queue::Priority,
    hash_threads::{HashThreads, HashingError},
    password::Password,
    password_policy::NewPassword,
    verification::{PasswordVerifier, Verdict},
};
use crate::config::{PasswordConfig, SETTINGS};

/// Hashes passwords with argon2id (RFC 9106) on its own threads, and verifies them, also with imported hashes of other kinds.
#[derive(Clone)]
pub struct PasswordHasher {
    threads: HashThreads,
    params: Params,
    /// A hash that is checked for unknown users, so that they take the same time.
    dummy: String,
}

/// The last request in the queue waits for this many hashes: half a second at 15 ms each, and well below two seconds on a
/// shared core.
const QUEUE_PER_THREAD: usize = 32;

/// The parameters of new hashes.
///
/// # Errors
/// [`StartError`] for parameters that argon2 does not accept.
pub fn argon2id_params(config: &PasswordConfig) -> Result<Params, StartError> {
    Params::new(config.memory_kib, config.iterations, config.parallelism, None).map_err(refused)
}

fn refused(error: impl ToString) -> StartError {
    StartError::new(
        SETTINGS.variable("passwords.memory_kib"),
        format!("invalid argon2 parameters: {}", error.to_string()),
        "Set at least 8 KiB of memory per lane and 1 iteration; 19456, 2 and 1 are recommended.",
    )
}

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`StartError`] for parameters that argon2 does not accept, or if the threads cannot be started.
    pub fn start(config: &PasswordConfig) -> Result<Self, StartError> {
        let params = argon2id_params(config)?;
        let implementation = choose_implementation(config.implementation, &params).map_err(refused)?;
        let dummy = PasswordVerifier::new(implementation)
            .hash(&Password::typed("an unknown user's password".to_owned()), &params)
            .map_err(refused)?;
        let threads = config.threads.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
        let queue = config.queue.unwrap_or(threads.saturating_mul(QUEUE_PER_THREAD));
        let threads = HashThreads::start(threads, queue, implementation).map_err(|error| {
            let remedy = "Set fewer threads, or raise this user's thread limit.";
            StartError::new(SETTINGS.variable("passwords.threads"), error.to_string(), remedy)
        })?;
        Ok(Self { threads, params, dummy })
    }

    /// Whether any hashing thread is alive and not stuck.
    pub fn is_alive(&self, now: UnixTime) -> bool {
        self.threads.is_alive(now)
    }

    /// How many hashes panicked.
    pub fn panics(&self) -> u64 {
        self.threads.panics()
    }

    /// How many hashes are waiting for a thread.
    pub fn waiting(&self) -> usize {
        self.threads.waiting()
    }

    /// How many hashes are being computed.
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

    /// The memory of one hash, in bytes, which each thread keeps.
    pub fn memory_per_hash(&self) -> i64 {
        i64::from(self.params.m_cost()) * 1024
    }

    /// The hash to store of a password.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn hash(&self, password: NewPassword, priority: Priority) -> Result<String, HashingError> {
        let (password, params) = (password.into_inner(), self.params.clone());
        let hashed = self.threads.run(priority, move |verifier| verifier.hash(&password, &params)).await?;
        hashed.map_err(|error| HashingError::Failed(error.to_string()))
    }

    /// Whether `stored` is a hash of this password; `None`, an unknown user, takes the same time.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn check(
        &self,
        stored: Option<String>,
        password: Password,
        priority: Priority,
    ) -> Result<Verdict, HashingError> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy.clone());
        let params = self.params.clone();
        let verdict = self.threads.run(priority, move |verifier| verifier.check(&stored, &password, &params)).await?;
        let verdict = verdict.map_err(|error| HashingError::Failed(error.to_string()))?;
        Ok(if is_known { verdict } else { Verdict::Wrong })
    }
}
