//! bcrypt.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::users::stored_hash_error::StoredHashError;

/// `$2a$`, `$2b$` or `$2y$`, which are alike for passwords without NUL.
#[derive(Debug)]
pub struct BcryptHash {
    /// The logarithm of the number of rounds.
    pub cost: u32,
    salt: [u8; 16],
    tag: [u8; 23],
}

/// Each step doubles the time; this one takes about a second of one core.
const MAX_COST: u32 = 14;

/// Some systems leave unused bits of the last character set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

impl BcryptHash {
    /// bcrypt ignores what a password has beyond this many bytes.
    pub const MAX_PASSWORD_LEN: usize = 72;

    /// Reads a hash.
    ///
    /// # Errors
    /// [`StoredHashError`].
    pub fn parse(stored: &str) -> Result<Self, StoredHashError> {
        let hash = read(stored).ok_or(StoredHashError::Unreadable)?;
        if hash.cost > MAX_COST {
            return Err(StoredHashError::TooExpensive("bcrypt with a cost above 14"));
        }
        Ok(hash)
    }

    /// Whether it is a hash of this password, as far as bcrypt reads it.
    pub fn is_of(&self, password: &[u8]) -> bool {
        let with_nul: Vec<u8> = password.iter().copied().chain([0]).take(Self::MAX_PASSWORD_LEN).collect();
        let computed = bcrypt::bcrypt(self.cost, self.salt, &with_nul);
        computed.get(..self.tag.len()).is_some_and(|computed| verify_slices_are_equal(computed, &self.tag).is_ok())
    }
}

fn read(stored: &str) -> Option<BcryptHash> {
    let mut parts = stored.strip_prefix('$')?.split('$');
    let (_, cost, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let cost = Some(cost).filter(|cost| cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (salt, tag) = rest.split_at_checked(22)?;
    let cost = cost.parse().ok().filter(|cost| (4..=31).contains(cost))?;
    let is_whole = parts.next().is_none();
    let (salt, tag) = (BASE64.decode(salt).ok()?, BASE64.decode(tag).ok()?);
    is_whole.then_some(BcryptHash { cost, salt: salt.try_into().ok()?, tag: tag.try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52";

    #[test]
    fn a_cost_above_the_limit_is_refused() {
        assert!(BcryptHash::parse(&format!("$2b$14${REST}")).is_ok());
        for cost in [15, 31] {
            let error = BcryptHash::parse(&format!("$2b${cost}${REST}")).map(drop);
            assert_eq!(error, Err(StoredHashError::TooExpensive("bcrypt with a cost above 14")), "{cost}");
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        for stored in [
            "$2b$10$",
            "$2b$3$abc",
            "$2b$03$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
            "$2b$32$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
            "$2b$+4$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
            "$2b$10$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS5",
            "$2b$10$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS522",
            "$2b$10$FpQedN6cgNxpWwp.D2iSu=DFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
            "$2b$10$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52$",
            "$2b$10$ÄpQedN6cgNxpWwp.D2iSüDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
            "2b$10$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
        ] {
            assert_eq!(BcryptHash::parse(stored).map(drop), Err(StoredHashError::Unreadable), "{stored}");
        }
    }
}
