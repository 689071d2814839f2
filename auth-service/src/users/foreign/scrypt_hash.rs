//! scrypt (RFC 7914).

use argon2::password_hash::phc::{Output, PasswordHash};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use scrypt::{Params, scrypt};

use super::hex;
use crate::users::stored_hash_error::StoredHashError;

/// A PHC string, `$scrypt$ln=15,r=8,p=1$salt$hash`, or Werkzeug's `scrypt:32768:8:1$salt$hash`.
#[derive(Debug)]
pub struct ScryptHash {
    params: Params,
    /// Bytes of one lane.
    pub memory: usize,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

/// Of all lanes, one after another: about a second of one core.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;
/// N = 2^21 with blocks of 128 bytes.
const MAX_LOG_N: u32 = 21;
/// `r` times `p`: PBKDF2 fills 128 bytes for each, at the cost of four times as many bytes of the lanes.
const MAX_BLOCKS: u32 = 8192;
const TOO_EXPENSIVE: StoredHashError =
    StoredHashError::TooExpensive("scrypt with more than 256 MiB over all lanes, or with r times p above 8192");

/// There is no memory for the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scrypt: out of memory")]
pub struct OutOfMemory;

/// As the string has it.
struct Cost {
    log_n: u32,
    r: u32,
    p: u32,
}

impl ScryptHash {
    /// Reads a hash.
    ///
    /// # Errors
    /// [`StoredHashError`].
    pub fn parse(stored: &str) -> Result<Self, StoredHashError> {
        let read = if stored.starts_with('$') { read_phc(stored) } else { read_werkzeug(stored) };
        let (cost, salt, tag) = read.ok_or(StoredHashError::Unreadable)?;
        let memory = cost.memory().ok_or(TOO_EXPENSIVE)?;
        let params = u8::try_from(cost.log_n).ok().and_then(|log_n| Params::new(log_n, cost.r, cost.p).ok());
        Ok(Self { params: params.ok_or(StoredHashError::Unreadable)?, memory, salt, tag })
    }

    /// Whether it is a hash of this password.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn is_of(&self, password: &[u8]) -> Result<bool, OutOfMemory> {
        // The crate's own allocation would end the process.
        Vec::<u8>::new().try_reserve_exact(self.memory).map_err(|_| OutOfMemory)?;
        let mut tag = vec![0; self.tag.len()];
        scrypt(password, &self.salt, &self.params, &mut tag).map_err(|_| OutOfMemory)?;
        Ok(verify_slices_are_equal(&tag, &self.tag).is_ok())
    }
}

impl Cost {
    /// Bytes of one lane; `None` if all lanes together are above the limits.
    fn memory(&self) -> Option<usize> {
        self.r.checked_mul(self.p).filter(|blocks| *blocks <= MAX_BLOCKS)?;
        let n = 1_u64.checked_shl(self.log_n).filter(|_| self.log_n <= MAX_LOG_N)?;
        let lane = n.checked_mul(128)?.checked_mul(self.r.into())?;
        let all = lane.checked_mul(self.p.into())?;
        usize::try_from(lane).ok().filter(|_| all <= MAX_MEMORY)
    }
}

type Parts = (Cost, Vec<u8>, Vec<u8>);

fn read_phc(stored: &str) -> Option<Parts> {
    let hash = PasswordHash::new(stored).ok()?;
    let number = |name| hash.params.get_decimal(name);
    let cost = Cost { log_n: number("ln")?, r: number("r")?, p: number("p")? };
    let is_plain = hash.algorithm.as_str() == "scrypt" && hash.version.is_none() && hash.params.iter().count() == 3;
    (is_plain && cost.is_possible()).then_some((cost, hash.salt?.to_vec(), hash.hash?.as_bytes().to_vec()))
}

fn read_werkzeug(stored: &str) -> Option<Parts> {
    let mut parts = stored.split('$');
    let (method, salt, tag) = (parts.next()?, parts.next()?, parts.next()?);
    let mut numbers = method.strip_prefix("scrypt:")?.split(':').map(|number| number.parse::<u32>().ok());
    let (n, r, p) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let is_whole = parts.next().is_none() && numbers.next().is_none();
    let cost = Cost { log_n: n.checked_ilog2().filter(|_| n.is_power_of_two())?, r, p };
    let tag = hex::decode(tag).filter(|tag| (Output::MIN_LENGTH..=Output::MAX_LENGTH).contains(&tag.len()))?;
    // Werkzeug takes the characters of the salt as its bytes.
    (is_whole && cost.is_possible() && !salt.is_empty()).then_some((cost, salt.as_bytes().to_vec(), tag))
}

impl Cost {
    fn is_possible(&self) -> bool {
        self.log_n > 0 && self.r > 0 && self.p > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_may_need_as_much_memory_as_the_limit() {
        let parse = |method: &str| ScryptHash::parse(&format!("{method}$salt$00112233445566778899")).map(drop);
        let parse_phc =
            |params: &str| ScryptHash::parse(&format!("$scrypt${params}$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo")).map(drop);

        for allowed in ["scrypt:262144:8:1", "scrypt:32768:8:8", "scrypt:2097152:1:1", "scrypt:256:8:1024"] {
            assert_eq!(parse(allowed), Ok(()), "{allowed}");
        }
        assert_eq!(parse_phc("ln=18,r=8,p=1"), Ok(()));
        for refused in [
            "scrypt:524288:8:1",
            "scrypt:262144:8:2",
            "scrypt:4194304:1:1",
            "scrypt:2147483648:8:1",
            "scrypt:2147483648:4294967295:4294967295",
            "scrypt:2:1:8193",
            "scrypt:2:8193:1",
            "scrypt:2:65536:65536",
            "scrypt:2:1:4294967295",
        ] {
            assert_eq!(parse(refused), Err(TOO_EXPENSIVE), "{refused}");
        }
        for refused in ["ln=19,r=8,p=1", "ln=63,r=1,p=1", "ln=64,r=8,p=1", "ln=4294967295,r=8,p=1"] {
            assert_eq!(parse_phc(refused), Err(TOO_EXPENSIVE), "{refused}");
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        for stored in [
            "scrypt",
            "scrypt$salt$00112233445566778899",
            "scrypt:32768$salt$00112233445566778899",
            "scrypt:32768:8$salt$00112233445566778899",
            "scrypt:32768:8:1:1$salt$00112233445566778899",
            "scrypt:32767:8:1$salt$00112233445566778899",
            "scrypt:1:8:1$salt$00112233445566778899",
            "scrypt:0:8:1$salt$00112233445566778899",
            "scrypt:32768:0:1$salt$00112233445566778899",
            "scrypt:32768:8:0$salt$00112233445566778899",
            "scrypt:99999999999999999999:8:1$salt$00112233445566778899",
            "scrypt:32768:8:1$salt$001122334455667788",
            "scrypt:32768:8:1$salt$0011223344556677889",
            "scrypt:32768:8:1$salt$0011223344556677889g",
            "scrypt:32768:8:1$salt$",
            "scrypt:32768:8:1$$00112233445566778899",
            "scrypt:32768:8:1$salt$00112233445566778899$",
            "$scrypt$ln=15,r=8$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$scrypt$ln=15,r=8,p=1,x=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$scrypt$ln=0,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ",
            "$scrypt$ln=15,r=8,p=1$$",
        ] {
            assert_eq!(ScryptHash::parse(stored).map(drop), Err(StoredHashError::Unreadable), "{stored}");
        }
    }
}
