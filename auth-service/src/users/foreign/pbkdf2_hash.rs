//! PBKDF2 (RFC 8018).

use std::{fmt, num::NonZeroU32};

use argon2::password_hash::phc::{Output, PasswordHash};
use aws_lc_rs::pbkdf2::{Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512, verify};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::hex;
use crate::users::stored_hash_error::StoredHashError;

/// A PHC string, `$pbkdf2-sha256$i=600000,l=32$salt$hash`; passlib's form of it, which has only the number in place of the
/// parameters, and `.` for `+`; or Werkzeug's `pbkdf2:sha256:1000000$salt$hash`.
pub struct Pbkdf2Hash {
    digest: Digest,
    /// Of each block.
    pub iterations: NonZeroU32,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Digest {
    hmac: Algorithm,
    len: usize,
}

/// For each block of the hash: about a second of one core.
const MAX_ITERATIONS: u32 = 2_000_000;

impl Pbkdf2Hash {
    /// Reads a hash.
    ///
    /// # Errors
    /// [`StoredHashError`].
    pub fn parse(stored: &str) -> Result<Self, StoredHashError> {
        let read = if stored.starts_with('$') {
            read_phc(stored).or_else(|| read_passlib(stored))
        } else {
            read_werkzeug(stored)
        };
        let hash = read.ok_or(StoredHashError::Unreadable)?;
        let blocks = hash.tag.len().div_ceil(hash.digest.len);
        if hash.iterations.get().saturating_mul(u32::try_from(blocks).unwrap_or(u32::MAX)) > MAX_ITERATIONS {
            return Err(StoredHashError::TooExpensive("pbkdf2 with more than 2000000 iterations over all blocks"));
        }
        Ok(hash)
    }

    /// Whether it is a hash of this password.
    pub fn is_of(&self, password: &[u8]) -> bool {
        verify(self.digest.hmac, self.iterations, &self.salt, password, &self.tag).is_ok()
    }

    fn of(digest: Digest, iterations: u32, salt: Vec<u8>, tag: Vec<u8>) -> Option<Self> {
        let is_long_enough = (Output::MIN_LENGTH..=Output::MAX_LENGTH).contains(&tag.len()) && !salt.is_empty();
        let iterations = NonZeroU32::new(iterations)?;
        is_long_enough.then_some(Self { digest, iterations, salt, tag })
    }
}

impl fmt::Debug for Pbkdf2Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pbkdf2Hash").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

fn digest_of(name: &str) -> Option<Digest> {
    Some(match name {
        "sha1" => Digest { hmac: PBKDF2_HMAC_SHA1, len: 20 },
        "sha256" => Digest { hmac: PBKDF2_HMAC_SHA256, len: 32 },
        "sha512" => Digest { hmac: PBKDF2_HMAC_SHA512, len: 64 },
        _ => return None,
    })
}

/// `pbkdf2` alone stands for SHA-1.
fn digest_of_ident(ident: &str) -> Option<Digest> {
    let rest = ident.strip_prefix("pbkdf2")?;
    digest_of(if rest.is_empty() { "sha1" } else { rest.strip_prefix('-')? })
}

fn read_phc(stored: &str) -> Option<Pbkdf2Hash> {
    let hash = PasswordHash::new(stored).ok()?;
    let digest = digest_of_ident(hash.algorithm.as_str())?;
    let len = hash.params.get_decimal("l");
    let tag = hash.hash?.as_bytes().to_vec();
    let is_consistent = len.is_none_or(|len| usize::try_from(len) == Ok(tag.len()));
    let is_plain = hash.version.is_none() && hash.params.iter().count() == 1 + usize::from(len.is_some());
    if !is_consistent || !is_plain {
        return None;
    }
    Pbkdf2Hash::of(digest, hash.params.get_decimal("i")?, hash.salt?.to_vec(), tag)
}

fn read_passlib(stored: &str) -> Option<Pbkdf2Hash> {
    let mut parts = stored.strip_prefix('$')?.split('$');
    let (ident, iterations, salt, tag) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let decode = |text: &str| STANDARD_NO_PAD.decode(text.replace('.', "+")).ok();
    let is_whole = parts.next().is_none();
    let digest = digest_of_ident(ident).filter(|_| is_whole)?;
    Pbkdf2Hash::of(digest, iterations.parse().ok()?, decode(salt)?, decode(tag)?)
}

fn read_werkzeug(stored: &str) -> Option<Pbkdf2Hash> {
    let mut parts = stored.split('$');
    let (method, salt, tag) = (parts.next()?, parts.next()?, parts.next()?);
    let (digest, iterations) = method.strip_prefix("pbkdf2:")?.split_once(':')?;
    let is_whole = parts.next().is_none();
    let digest = digest_of(digest).filter(|_| is_whole)?;
    // Werkzeug takes the characters of the salt as its bytes.
    Pbkdf2Hash::of(digest, iterations.parse().ok()?, salt.as_bytes().to_vec(), hex::decode(tag)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_EXPENSIVE: StoredHashError =
        StoredHashError::TooExpensive("pbkdf2 with more than 2000000 iterations over all blocks");

    #[test]
    fn a_hash_may_have_as_many_iterations_as_the_limit() {
        for (stored, expected) in [
            ("pbkdf2:sha256:2000000$salt$00112233445566778899", Ok(())),
            ("pbkdf2:sha256:2000001$salt$00112233445566778899", Err(TOO_EXPENSIVE)),
            ("pbkdf2:sha256:4294967295$salt$00112233445566778899", Err(TOO_EXPENSIVE)),
            ("pbkdf2:sha1:1000001$salt$000102030405060708090a0b0c0d0e0f1011121314", Err(TOO_EXPENSIVE)),
            ("$pbkdf2-sha256$i=2000001$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo", Err(TOO_EXPENSIVE)),
            ("$pbkdf2-sha256$2000001$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo", Err(TOO_EXPENSIVE)),
        ] {
            assert_eq!(Pbkdf2Hash::parse(stored).map(drop), expected, "{stored}");
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        for stored in [
            "pbkdf2",
            // Its number of iterations depends on the version of Werkzeug.
            "pbkdf2:sha256$salt$00112233445566778899",
            "pbkdf2:md5:1000$salt$00112233445566778899",
            "pbkdf2:sha256:0$salt$00112233445566778899",
            "pbkdf2:sha256:-1$salt$00112233445566778899",
            "pbkdf2:sha256:4294967296$salt$00112233445566778899",
            "pbkdf2:sha256:1000:1$salt$00112233445566778899",
            "pbkdf2:sha256:1000$$00112233445566778899",
            "pbkdf2:sha256:1000$salt$",
            "pbkdf2:sha256:1000$salt$001122334455667788",
            "pbkdf2:sha256:1000$salt$00112233445566778899$",
            "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$pbkdf2-sha256$i=1000,x=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$pbkdf2-sha256$l=12$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$pbkdf2-sha256$1000$c2FsdHNhbHQ$aGFz",
            "$pbkdf2-sha256$1000$$aGFzaGhhc2hoYXNo",
            "$pbkdf2-md5$i=1000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        ] {
            assert_eq!(Pbkdf2Hash::parse(stored).map(drop), Err(StoredHashError::Unreadable), "{stored}");
        }
    }
}
