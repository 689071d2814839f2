//! Password hashes as they are stored: argon2id, and what other systems have made.

use argon2::Params;

use super::{
    argon2_hash::Argon2Hash,
    foreign::{bcrypt_hash::BcryptHash, pbkdf2_hash::Pbkdf2Hash, scrypt_hash::ScryptHash},
    stored_hash_error::StoredHashError,
};

/// A stored hash whose cost is bounded.
#[derive(Debug)]
pub enum StoredHash {
    /// Of this service, or argon2 of another system.
    Argon2(Argon2Hash),
    /// Imported.
    Bcrypt(BcryptHash),
    /// Imported.
    Scrypt(ScryptHash),
    /// Imported.
    Pbkdf2(Pbkdf2Hash),
}

/// More than any form has.
const MAX_LEN: usize = 512;

impl StoredHash {
    /// Reads a hash in one of the known forms, if its cost is within the limits of that form.
    ///
    /// # Errors
    /// [`StoredHashError`].
    pub fn parse(stored: &str, settings: &Params) -> Result<Self, StoredHashError> {
        // Werkzeug's salts are characters, and no database stores NUL.
        if stored.len() > MAX_LEN || !stored.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(StoredHashError::Unreadable);
        }
        let form = stored.trim_start_matches('$').split(['$', ':']).next().unwrap_or_default();
        match form {
            "2a" | "2b" | "2y" => BcryptHash::parse(stored).map(Self::Bcrypt),
            "scrypt" => ScryptHash::parse(stored).map(Self::Scrypt),
            "pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512" => Pbkdf2Hash::parse(stored).map(Self::Pbkdf2),
            _ => Argon2Hash::parse(stored, settings).map(Self::Argon2),
        }
    }

    /// Whether a new hash would be made in the same way.
    pub fn is_current(&self, settings: &Params) -> bool {
        matches!(self, Self::Argon2(hash) if hash.is_current(settings))
    }

    /// Whether it is a hash of only the beginning of this password.
    pub fn ignores_end_of(&self, password: &[u8]) -> bool {
        matches!(self, Self::Bcrypt(_)) && password.len() > BcryptHash::MAX_PASSWORD_LEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_visible_ascii_characters() {
        let settings = Params::new(64, 1, 1, None).unwrap();
        let parse = |salt: &str| {
            let stored = format!("pbkdf2:sha256:1000${salt}$00112233445566778899");
            StoredHash::parse(&stored, &settings).map(drop)
        };

        assert_eq!(parse("HRMrrvFHFHQ4YqMj"), Ok(()));
        for salt in ["a\0b", "a b", "a\nb", "ü", &"x".repeat(500)] {
            assert_eq!(parse(salt), Err(StoredHashError::Unreadable), "{salt:?}");
        }
    }
}
