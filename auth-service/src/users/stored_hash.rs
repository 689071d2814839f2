//! Password hashes as they are stored: PHC strings of argon2id (RFC 9106).

use argon2::{
    Params,
    password_hash::phc::{Output, PasswordHash, Salt},
};

/// A stored hash whose cost is bounded.
#[derive(Debug)]
pub struct StoredHash {
    /// Memory, passes and lanes.
    pub params: Params,
    /// At least eight bytes.
    pub salt: Salt,
    /// The expected hash.
    pub tag: Output,
}

/// Why a password is not compared with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredHashError {
    /// Not an argon2id PHC string.
    #[error("not an argon2id PHC string")]
    Unreadable,
    /// It would occupy a hashing thread, or the machine's memory.
    #[error("its argon2id parameters exceed 256 MiB or 1 GiB over all passes, and those in the settings")]
    TooExpensive,
}

/// Hashes that were imported, or made with other settings, may cost more than the current ones, but not without limit: a PHC
/// string can demand 4 TiB and four billion passes. libsodium's "moderate" is 256 MiB and three passes.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// Memory times passes: about a second of one core.
const MAX_WORK_KIB: u64 = 1024 * 1024;

/// The version of argon2 that hashes are made with.
pub const VERSION: u32 = argon2::Version::V0x13 as u32;

impl StoredHash {
    /// Reads a hash whose cost is at most the limits above, or that of the settings.
    ///
    /// # Errors
    /// [`StoredHashError`].
    pub fn parse(stored: &str, settings: &Params) -> Result<Self, StoredHashError> {
        let hash = read(stored).ok_or(StoredHashError::Unreadable)?;
        if hash.params.m_cost() > MAX_MEMORY_KIB.max(settings.m_cost())
            || work_kib(&hash.params) > MAX_WORK_KIB.max(work_kib(settings))
        {
            return Err(StoredHashError::TooExpensive);
        }
        Ok(hash)
    }
}

fn read(stored: &str) -> Option<StoredHash> {
    let hash = PasswordHash::new(stored).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let (salt, tag) = (hash.salt?, hash.hash?);
    let is_ours = hash.algorithm == argon2::ARGON2ID_IDENT
        && hash.version == Some(VERSION)
        && params.data().is_empty()
        && params.keyid().is_empty()
        && salt.len() >= argon2::MIN_SALT_LEN;
    is_ours.then_some(StoredHash { params, salt, tag })
}

fn work_kib(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(params: &str, settings: &Params) -> Result<(), StoredHashError> {
        let stored = format!("$argon2id$v=19${params}$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo");
        StoredHash::parse(&stored, settings).map(drop)
    }

    #[test]
    fn a_hash_may_cost_up_to_the_limits() {
        let settings = Params::new(19_456, 2, 1, None).unwrap();

        for allowed in ["m=8,t=1,p=1", "m=262144,t=4,p=1", "m=262144,t=1,p=32768", "m=8,t=131072,p=1"] {
            assert_eq!(parse(allowed, &settings), Ok(()), "{allowed}");
        }
        for refused in [
            "m=262145,t=1,p=1",
            "m=262144,t=5,p=1",
            "m=8,t=131073,p=1",
            "m=4294967295,t=1,p=1",
            "m=8,t=4294967295,p=1",
            "m=4294967295,t=4294967295,p=16777215",
        ] {
            assert_eq!(parse(refused, &settings), Err(StoredHashError::TooExpensive), "{refused}");
        }
    }

    #[test]
    fn a_hash_may_cost_what_the_settings_cost() {
        let settings = Params::new(524_288, 8, 1, None).unwrap();

        assert_eq!(parse("m=524288,t=8,p=1", &settings), Ok(()));
        assert_eq!(parse("m=524289,t=1,p=1", &settings), Err(StoredHashError::TooExpensive));
        assert_eq!(parse("m=524288,t=9,p=1", &settings), Err(StoredHashError::TooExpensive));
    }

    #[test]
    fn whatever_else_is_stored_is_unreadable() {
        let settings = Params::new(64, 1, 1, None).unwrap();

        for stored in [
            "",
            "correct horse",
            "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=7,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=9$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=1,data=c2FsdA$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbA$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ",
        ] {
            let error = StoredHash::parse(stored, &settings).map(drop);
            assert_eq!(error, Err(StoredHashError::Unreadable), "{stored}");
        }
    }
}
