//! argon2 hashes as they are stored: PHC strings of RFC 9106.

use argon2::{
    Algorithm, Params, Version,
    password_hash::phc::{Output, PasswordHash, Salt},
};

use super::stored_hash_error::StoredHashError;

/// A stored hash whose cost is bounded.
#[derive(Debug)]
pub struct Argon2Hash {
    /// argon2id; argon2i or argon2d for hashes of other systems.
    pub algorithm: Algorithm,
    /// 19; 16 for old hashes of other systems.
    pub version: Version,
    /// Memory, passes and lanes.
    pub params: Params,
    /// At least eight bytes.
    pub salt: Salt,
    /// The expected hash.
    pub tag: Output,
}

/// Hashes that were imported, or made with other settings, may cost more than the current ones, but not without limit: a PHC
/// string can demand 4 TiB and four billion passes. libsodium's "moderate" is 256 MiB and three passes.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// Memory times passes: about a second of one core.
const MAX_WORK_KIB: u64 = 1024 * 1024;

/// The version of argon2 that hashes are made with.
pub const VERSION: u32 = Version::V0x13 as u32;

impl Argon2Hash {
    /// Reads a hash whose cost is at most the limits above, or that of the settings.
    ///
    /// # Errors
    /// [`StoredHashError`].
    pub fn parse(stored: &str, settings: &Params) -> Result<Self, StoredHashError> {
        let hash = read(stored).ok_or(StoredHashError::Unreadable)?;
        if hash.params.m_cost() > MAX_MEMORY_KIB.max(settings.m_cost())
            || work_kib(&hash.params) > MAX_WORK_KIB.max(work_kib(settings))
        {
            return Err(StoredHashError::TooExpensive(
                "argon2 with more than 256 MiB or 1 GiB over all passes, and more than in the settings",
            ));
        }
        Ok(hash)
    }

    /// Whether hashes are made with this variant and version of argon2.
    pub fn is_own_variant(&self) -> bool {
        self.algorithm == Algorithm::Argon2id && self.version == Version::V0x13
    }

    /// Whether a new hash would be made in the same way.
    pub fn is_current(&self, settings: &Params) -> bool {
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        self.is_own_variant() && costs(&self.params) == costs(settings)
    }
}

fn read(stored: &str) -> Option<Argon2Hash> {
    let hash = PasswordHash::new(stored).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    // A string without a version is of the first one.
    let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let (salt, tag) = (hash.salt?, hash.hash?);
    let is_plain = params.data().is_empty() && params.keyid().is_empty() && salt.len() >= argon2::MIN_SALT_LEN;
    is_plain.then_some(Argon2Hash { algorithm, version, params, salt, tag })
}

fn work_kib(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_EXPENSIVE: StoredHashError = StoredHashError::TooExpensive(
        "argon2 with more than 256 MiB or 1 GiB over all passes, and more than in the settings",
    );

    fn parse(params: &str, settings: &Params) -> Result<(), StoredHashError> {
        let stored = format!("$argon2id$v=19${params}$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo");
        Argon2Hash::parse(&stored, settings).map(drop)
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
            assert_eq!(parse(refused, &settings), Err(TOO_EXPENSIVE), "{refused}");
        }
    }

    #[test]
    fn a_hash_may_cost_what_the_settings_cost() {
        let settings = Params::new(524_288, 8, 1, None).unwrap();

        assert_eq!(parse("m=524288,t=8,p=1", &settings), Ok(()));
        assert_eq!(parse("m=524289,t=1,p=1", &settings), Err(TOO_EXPENSIVE));
        assert_eq!(parse("m=524288,t=9,p=1", &settings), Err(TOO_EXPENSIVE));
    }

    #[test]
    fn other_variants_and_versions_are_read_and_not_current() {
        let settings = Params::new(64, 1, 1, None).unwrap();

        for (kind, is_current) in [
            ("argon2id$v=19", true),
            ("argon2id$v=16", false),
            ("argon2id", false),
            ("argon2i$v=19", false),
            ("argon2d$v=19", false),
        ] {
            let stored = format!("${kind}$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo");

            assert_eq!(
                Argon2Hash::parse(&stored, &settings).map(|hash| hash.is_current(&settings)),
                Ok(is_current),
                "{kind}"
            );
        }
    }

    #[test]
    fn whatever_else_is_stored_is_unreadable() {
        let settings = Params::new(64, 1, 1, None).unwrap();

        for stored in [
            "",
            "correct horse",
            "$argon2x$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=18$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=7,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=9$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=1,data=c2FsdA$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbA$aGFzaGhhc2hoYXNo",
            "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ",
        ] {
            let error = Argon2Hash::parse(stored, &settings).map(drop);
            assert_eq!(error, Err(StoredHashError::Unreadable), "{stored}");
        }
    }
}
