//! Comparing passwords with stored hashes.

use std::time::Duration;

use argon2::Params;
use rustix::time::{ClockId, clock_gettime};

use super::{argon2_engine::Argon2Error, argon2id::Argon2id, password::Password, stored_hash::StoredHash};
use crate::config::Argon2Implementation;

/// What a thread compares passwords with.
pub struct PasswordVerifier {
    argon2id: Argon2id,
    /// Processor time of the last hash with the current parameters.
    usual_time: Option<Duration>,
}

/// The result of comparing a password with a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong.
    Wrong,
    /// The password is right.
    Right,
    /// The password is right; this is its hash with the current parameters, since the stored one has others.
    RightAndRehashed(String),
}

impl PasswordVerifier {
    /// Without memory yet.
    pub fn new(implementation: Argon2Implementation) -> Self {
        Self { argon2id: Argon2id::new(implementation), usual_time: None }
    }

    /// Returns all memory.
    pub fn reset(&mut self) {
        self.argon2id.reset();
    }

    /// The hash to store of a password: a PHC string with a random salt.
    ///
    /// # Errors
    /// [`Argon2Error`] if there is no memory, or no randomness.
    pub fn hash(&mut self, password: &Password, current: &Params) -> Result<String, Argon2Error> {
        let began = processor_time();
        let hashed = self.argon2id.hash(password, current)?;
        self.usual_time = Some(processor_time().saturating_sub(began));
        Ok(hashed)
    }

    /// Whether `stored` is a hash of this password; if so, and not one with the parameters `current`, also a new hash.
    ///
    /// # Errors
    /// [`Argon2Error`] if there is no memory.
    pub fn check(&mut self, stored: &str, password: &Password, current: &Params) -> Result<Verdict, Argon2Error> {
        // A wrong password that is not in normalization form C is compared twice, also for an unknown user.
        let comparisons = 1 + u32::from(password.as_typed().is_some());
        let stored = match StoredHash::parse(stored, current) {
            Ok(stored) => stored,
            Err(error) => {
                log::error!("cannot verify a stored password hash: {error}");
                self.make_up_for(Duration::ZERO, comparisons, current)?;
                return Ok(Verdict::Wrong);
            }
        };
        let began = processor_time();
        let is_right = self.is_of(&stored, password.as_bytes());
        // Hashes of earlier releases, and of other systems, are of the password as it was typed.
        let is_right_as_typed = match (&is_right, password.as_typed()) {
            (Ok(false), Some(as_typed)) => self.is_of(&stored, as_typed),
            _ => Ok(false),
        };
        let spent = processor_time().saturating_sub(began);
        // What had no memory took no time.
        if is_right.is_ok() && stored.is_current(current) && password.as_typed().is_none() {
            self.usual_time = Some(spent);
        }
        if let StoredHash::Argon2(stored) = &stored {
            self.argon2id.shrink_to(current, &stored.params);
        }
        let (is_right, is_right_as_typed) = (is_right?, is_right_as_typed?);
        if !is_right && !is_right_as_typed {
            if !stored.is_current(current) {
                self.make_up_for(spent, comparisons, current)?;
            }
            return Ok(Verdict::Wrong);
        }
        if is_right && stored.is_current(current) {
            return Ok(Verdict::Right);
        }
        if stored.ignores_end_of(password.as_bytes()) {
            // A new hash would also be of the end, which nothing has verified.
            return Ok(Verdict::Right);
        }
        // The password is right, whether or not it can be hashed again.
        Ok(self.hash(password, current).map_or_else(
            |error| {
                log::warn!("cannot rehash a password with the current parameters: {error}");
                Verdict::Right
            },
            Verdict::RightAndRehashed,
        ))
    }

    fn is_of(&mut self, stored: &StoredHash, password: &[u8]) -> Result<bool, Argon2Error> {
        match stored {
            StoredHash::Argon2(stored) => self.argon2id.is_of(stored, password),
            StoredHash::Bcrypt(stored) => Ok(stored.is_of(password)),
            StoredHash::Scrypt(stored) => stored.is_of(password).map_err(|error| Argon2Error(error.to_string())),
            StoredHash::Pbkdf2(stored) => Ok(stored.is_of(password)),
        }
    }

    /// Spends the processor time that this number of comparisons takes with the current parameters, less what is `spent`: a
    /// wrong password for a user whose hash is cheaper must take as long as one for an unknown user. Nothing can be done about a
    /// hash that takes longer.
    fn make_up_for(&mut self, mut spent: Duration, comparisons: u32, current: &Params) -> Result<(), Argon2Error> {
        let usual = match self.usual_time {
            Some(usual) => usual,
            None => *self.usual_time.insert(time_of(|| self.argon2id.idle(current))?),
        };
        for _ in 0..MAX_STEPS {
            let missing = (usual * comparisons).saturating_sub(spent).as_nanos();
            // Less than what is missing, since its time is an estimate: the next step takes the rest.
            let memory = missing.saturating_mul(current.m_cost().into()) * 3 / 4 / usual.as_nanos().max(1);
            let memory = u32::try_from(memory).unwrap_or(0).min(current.m_cost());
            // Below argon2's minimum, the rest is negligible.
            let Ok(step) = Params::new(memory, current.t_cost(), current.p_cost(), None) else { break };
            spent += time_of(|| self.argon2id.idle(&step))?;
        }
        Ok(())
    }
}

/// Each leaves about a quarter of what was missing, which is at most two hashes at first.
const MAX_STEPS: usize = 16;

/// The processor time of this work.
fn time_of(work: impl FnOnce() -> Result<(), Argon2Error>) -> Result<Duration, Argon2Error> {
    let began = processor_time();
    work()?;
    Ok(processor_time().saturating_sub(began))
}

/// Of this thread: it does not grow while others have the core.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{
        super::foreign::vectors::{BCRYPT_OF_72_X, BCRYPT_OF_DECOMPOSED, CORRECT_HORSE},
        Argon2Implementation::{Fast, Portable},
        *,
    };

    fn params(memory_kib: u32, passes: u32, lanes: u32) -> Params {
        Params::new(memory_kib, passes, lanes, None).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::typed(text.to_owned())
    }

    fn is_rehashed(verdict: &Result<Verdict, Argon2Error>) -> bool {
        matches!(verdict, Ok(Verdict::RightAndRehashed(new)) if new.starts_with("$argon2id$v=19$m=64,t=1,p=1$"))
    }

    #[test]
    fn hashes_of_other_software_are_verified_and_replaced() {
        let (mut verifier, current) = (PasswordVerifier::new(Fast), params(64, 1, 1));
        for stored in CORRECT_HORSE {
            let right = verifier.check(stored, &password("correct horse"), &current);
            let wrong = verifier.check(stored, &password("correct horses"), &current);

            assert!(is_rehashed(&right), "{stored}: {right:?}");
            assert_eq!(wrong, Ok(Verdict::Wrong), "{stored}");
        }
    }

    #[test]
    fn an_old_hash_of_a_password_as_it_was_typed_is_verified() {
        let (mut verifier, current) = (PasswordVerifier::new(Fast), params(64, 1, 1));

        let verdict = verifier.check(BCRYPT_OF_DECOMPOSED, &password("u\u{308}ber horse"), &current);

        assert!(is_rehashed(&verdict), "{verdict:?}");
    }

    #[test]
    fn a_password_of_which_bcrypt_reads_only_the_beginning_is_not_hashed_again() {
        let (mut verifier, current) = (PasswordVerifier::new(Fast), params(64, 1, 1));

        let whole = verifier.check(BCRYPT_OF_72_X, &password(&"x".repeat(72)), &current);
        let longer = verifier.check(BCRYPT_OF_72_X, &password(&"x".repeat(73)), &current);

        assert!(is_rehashed(&whole), "{whole:?}");
        assert_eq!(longer, Ok(Verdict::Right));
    }

    /// Processor time, which other tests do not change.
    #[test]
    fn a_wrong_password_for_a_cheap_hash_takes_as_long_as_one_for_an_unknown_user() {
        let (mut verifier, current) = (PasswordVerifier::new(Portable), params(4096, 2, 1));
        let earlier = [params(2048, 1, 1), params(2048, 2, 1), params(4096, 1, 1), params(512, 3, 1)];
        let earlier = earlier.map(|params| verifier.hash(&password("correct horse"), &params).unwrap());
        let dummy = verifier.hash(&password("an unknown user's password"), &current).unwrap();
        let mut time_of = |stored: &str, wrong: &str| {
            let times = (0..5).map(|_| {
                let began = processor_time();
                assert_eq!(verifier.check(stored, &password(wrong), &current), Ok(Verdict::Wrong));
                processor_time().saturating_sub(began)
            });
            times.min().unwrap()
        };

        // The second is compared twice.
        for wrong in ["wrong password", "wro\u{308}ng password"] {
            let unknown = time_of(&dummy, wrong);

            let foreign = CORRECT_HORSE.into_iter().filter(|stored| !stored.starts_with("scrypt:32768"));
            for stored in earlier.iter().map(String::as_str).chain(foreign) {
                let known = time_of(stored, wrong);
                assert!(known > unknown * 2 / 3 && known < unknown * 2, "{stored}: {known:?}, unknown {unknown:?}");
            }
        }
    }

    #[test]
    fn a_hash_that_costs_too_much_is_wrong_and_not_computed() {
        for stored in [
            "$argon2id$v=19$m=8,t=4294967295,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$2b$31$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
            "scrypt:1073741824:8:1$salt$00112233445566778899",
            "pbkdf2:sha256:4294967295$salt$00112233445566778899",
        ] {
            let verdict = PasswordVerifier::new(Fast).check(stored, &password("wrong password"), &params(64, 1, 1));

            assert_eq!(verdict, Ok(Verdict::Wrong), "{stored}");
        }
    }

    #[test]
    fn the_memory_of_a_hash_larger_than_the_settings_is_freed() {
        let (right, current, old) = (password("correct horse"), params(64, 1, 1), params(4096, 1, 2));
        for implementation in [Fast, Portable] {
            let mut verifier = PasswordVerifier::new(implementation);
            let stored = verifier.hash(&right, &old).unwrap();
            assert_eq!(verifier.argon2id.kept_blocks(), 4096);

            assert_eq!(verifier.check(&stored, &password("wrong password"), &current), Ok(Verdict::Wrong));
            assert!(verifier.argon2id.kept_blocks() <= 64);

            let verdict = verifier.check(&stored, &right, &current);
            assert!(matches!(verdict, Ok(Verdict::RightAndRehashed(_))), "{verdict:?}");
            assert_eq!(verifier.argon2id.kept_blocks(), 64);
        }
    }
}
