//! From a password to what is stored of it, and back to yes or no.

use std::thread::available_parallelism;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use shared::service::StartError;

use super::{
    hash_threads::{Busy, HashThreads, Memory},
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

/// What holding a password against a hash brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or nobody's.
    Wrong,
    /// The password.
    Right,
    /// The password, and a hash of it with today's parameters, since the old one had others.
    RightAndRehashed(String),
}

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`StartError`] for parameters that argon2 does not take.
    pub fn start(config: &PasswordConfig) -> Result<Self, StartError> {
        let refused = |error: argon2::Error| {
            StartError::new(
                SETTINGS.variable("passwords.memory_kib"),
                format!("argon2 does not take these parameters: {error}"),
                "Set at least 8 KiB of memory a lane and 1 iteration; 19456, 2 and 1 are advised.",
            )
        };
        let params = Params::new(config.memory_kib, config.iterations, config.parallelism, None).map_err(refused)?;
        let nobody = hash(&Password::typed("nobody's password".to_owned()), &params, &mut Memory::default());
        let threads = config.threads.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
        Ok(Self { threads: HashThreads::start(threads, config.queue), nobody: nobody.map_err(refused)?, params })
    }

    /// How many hashes have been asked for and are not yet under way.
    pub fn waiting(&self) -> u32 {
        self.threads.waiting()
    }

    /// What is to be stored of a password.
    ///
    /// # Errors
    /// [`Busy`] when too many are waiting.
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        let params = self.params.clone();
        let hashed = self.threads.run(move |memory| hash(&password, &params, memory)).await?;
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
        let params = self.params.clone();
        let verdict = self.threads.run(move |memory| check(&stored, &password, &params, memory)).await?;
        Ok(if is_somebody { verdict } else { Verdict::Wrong })
    }
}

fn hash(password: &Password, params: &Params, memory: &mut Memory) -> Result<String, argon2::Error> {
    let salt = Salt::generate();
    let output = derive(password, &salt, params, Params::DEFAULT_OUTPUT_LEN, memory)?;
    let params = ParamsString::try_from(params).map_err(|_| argon2::Error::AlgorithmInvalid)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn check(stored: &str, password: &Password, today: &Params, memory: &mut Memory) -> Verdict {
    let Some((salt, expected, params)) = parts(stored) else {
        log::error!("a stored password hash is none of argon2id");
        return Verdict::Wrong;
    };
    let derived = derive(password, &salt, &params, expected.len(), memory);
    let is_right = derived.is_ok_and(|it| verify_slices_are_equal(it.as_bytes(), expected.as_bytes()).is_ok());
    let is_of_today = same_cost(&params, today);
    match (is_right, is_of_today) {
        (false, _) => Verdict::Wrong,
        (true, true) => Verdict::Right,
        (true, false) => hash(password, today, memory).map_or(Verdict::Right, Verdict::RightAndRehashed),
    }
}

fn parts(stored: &str) -> Option<(Salt, Output, Params)> {
    let stored = PasswordHash::new(stored).ok()?;
    let is_argon2id = stored.algorithm == Algorithm::Argon2id.ident() && stored.version == Some(Version::V0x13.into());
    let params = Params::try_from(&stored).ok().filter(|_| is_argon2id)?;
    Some((stored.salt?, stored.hash?, params))
}

fn derive(
    password: &Password,
    salt: &Salt,
    params: &Params,
    len: usize,
    memory: &mut Memory,
) -> Result<Output, argon2::Error> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let blocks = memory.blocks(params);
    let mut derived = vec![0; len];
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut derived, blocks)?;
    Output::new(&derived).map_err(|_| argon2::Error::OutputTooLong)
}

fn same_cost(one: &Params, other: &Params) -> bool {
    (one.m_cost(), one.t_cost(), one.p_cost()) == (other.m_cost(), other.t_cost(), other.p_cost())
}
