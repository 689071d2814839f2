//! Password hashes: PHC strings of argon2id (RFC 9106).

use argon2::{
    Params,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::{constant_time::verify_slices_are_equal, rand};

use super::{
    argon2_engine::{Argon2Engine, Argon2Error, Tag, hash_variant_into},
    argon2_hash::{Argon2Hash, VERSION},
    password::Password,
};
use crate::config::Argon2Implementation;

/// Makes and compares hashes, with memory that is kept between them.
pub struct Argon2id {
    engine: Argon2Engine,
    implementation: Argon2Implementation,
}

const SALT_LEN: usize = 16;

impl Argon2id {
    /// With an engine of this implementation.
    pub fn new(implementation: Argon2Implementation) -> Self {
        Self { engine: Argon2Engine::new(implementation), implementation }
    }

    /// How many blocks of 1 KiB are kept for the next hash.
    #[cfg(test)]
    pub fn kept_blocks(&self) -> usize {
        self.engine.kept_blocks()
    }

    /// Replaces the engine by one without memory.
    pub fn reset(&mut self) {
        self.engine = Argon2Engine::new(self.implementation);
    }

    /// The hash to store of a password: a PHC string with a random salt.
    ///
    /// # Errors
    /// [`Argon2Error`] if there is no memory, or no randomness.
    pub fn hash(&mut self, password: &Password, params: &Params) -> Result<String, Argon2Error> {
        let mut salt = [0; SALT_LEN];
        rand::fill(&mut salt).map_err(|_| Argon2Error("no randomness".to_owned()))?;
        let mut tag = Tag::default();
        self.engine.hash_into(params, password.as_bytes(), &salt, &mut tag)?;
        let hash = PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(VERSION),
            params: ParamsString::try_from(params).map_err(unencodable)?,
            salt: Some(Salt::new(&salt).map_err(unencodable)?),
            hash: Some(Output::new(&tag).map_err(unencodable)?),
        };
        Ok(hash.to_string())
    }

    /// Whether it is a hash of these bytes.
    ///
    /// # Errors
    /// [`Argon2Error`] if there is no memory.
    pub fn is_of(&mut self, stored: &Argon2Hash, password: &[u8]) -> Result<bool, Argon2Error> {
        let mut tag = vec![0; stored.tag.len()];
        if stored.is_own_variant() {
            self.engine.hash_into(&stored.params, password, &stored.salt, &mut tag)?;
        } else {
            let variant = (stored.algorithm, stored.version);
            hash_variant_into(variant, &stored.params, password, &stored.salt, &mut tag)?;
        }
        Ok(verify_slices_are_equal(&tag, stored.tag.as_bytes()).is_ok())
    }

    /// Returns the memory of a hash that was larger than the settings require.
    pub fn shrink_to(&mut self, settings: &Params, used: &Params) {
        if used.block_count() > settings.block_count() {
            self.reset();
        }
    }

    /// Hashes nothing, for as long as a hash with these parameters takes.
    ///
    /// # Errors
    /// [`Argon2Error`] if there is no memory.
    pub fn idle(&mut self, params: &Params) -> Result<(), Argon2Error> {
        self.engine.hash_into(params, b"", &[0; SALT_LEN], &mut Tag::default())
    }
}

fn unencodable(error: impl ToString) -> Argon2Error {
    Argon2Error(error.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::{AssociatedData, ParamsBuilder, PasswordHasher, PasswordVerifier};
    use argon2_rust::{Algorithm, Argon2, Version, params::Memory};

    use super::{
        Argon2Implementation::{Fast, Portable},
        *,
    };

    /// RFC 9106, 5.1 to 5.3: the tag of each variant for one and the same input.
    const RFC_9106: [(Algorithm, argon2::Algorithm, &str); 3] = [
        (
            Algorithm::Argon2d,
            argon2::Algorithm::Argon2d,
            "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb",
        ),
        (
            Algorithm::Argon2i,
            argon2::Algorithm::Argon2i,
            "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8",
        ),
        (
            Algorithm::Argon2id,
            argon2::Algorithm::Argon2id,
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
        ),
    ];

    fn params(memory_kib: u32, passes: u32, lanes: u32) -> Params {
        Params::new(memory_kib, passes, lanes, None).unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    fn random(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        rand::fill(&mut bytes).unwrap();
        bytes
    }

    /// A number from `least` to `most`.
    fn any(least: u32, most: u32) -> u32 {
        least + u32::from_le_bytes(random(4).try_into().unwrap()) % (most - least + 1)
    }

    fn any_password() -> Password {
        Password::typed(random(any(0, 300) as usize).into_iter().map(char::from).collect())
    }

    fn any_params() -> Params {
        let lanes = any(1, 3);
        params(any(8 * lanes, 700), any(1, 3), lanes)
    }

    fn of_rust_crypto(params: &Params) -> argon2::Argon2<'static> {
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params.clone())
    }

    #[test]
    fn the_vectors_of_rfc_9106_are_those_of_both_implementations() {
        let (password, salt, secret, data) = ([1; 32], [2; 16], [3; 8], [4; 12]);
        for (ours, theirs, expected) in RFC_9106 {
            let rfc_params = argon2_rust::Params::builder().memory(Memory::kib(32)).passes(3).lanes(4).build().unwrap();
            let mut tag = [0; 32];
            let mut hasher = Argon2::new(ours, Version::V0x13, rfc_params).hasher();
            // Twice, to cover reused memory.
            for _ in 0..2 {
                hasher.hash_into_with_ad(&password, &salt, &secret, &data, &mut tag).unwrap();
                assert_eq!(hex(&tag), expected);
            }

            let params = ParamsBuilder::new()
                .m_cost(32)
                .t_cost(3)
                .p_cost(4)
                .data(AssociatedData::new(&data).unwrap())
                .build()
                .unwrap();
            let other = argon2::Argon2::new_with_secret(&secret, theirs, argon2::Version::V0x13, params).unwrap();
            other.hash_password_into(&password, &salt, &mut tag).unwrap();
            assert_eq!(hex(&tag), expected);
        }
    }

    #[test]
    fn hashes_are_byte_for_byte_those_of_rustcrypto() {
        let mut argon2id = Argon2id::new(Fast);
        for _ in 0..60 {
            let (password, params) = (any_password(), any_params());

            let ours = argon2id.hash(&password, &params).unwrap();

            let salt: Salt = PasswordHash::new(&ours).unwrap().salt.unwrap();
            let theirs = of_rust_crypto(&params);
            let theirs = theirs.hash_password_with_salt(password.as_bytes(), &salt).unwrap().to_string();
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn each_accepts_the_hashes_of_the_other_and_refuses_another_password() {
        for implementation in [Fast, Portable].into_iter().cycle().take(20) {
            let mut argon2id = Argon2id::new(implementation);
            let (password, other, params) = (any_password(), Password::typed("another".to_owned()), any_params());
            let rust_crypto = of_rust_crypto(&params);
            let salt = random(any(8, 48) as usize);
            let theirs = rust_crypto.hash_password_with_salt(password.as_bytes(), &salt).unwrap().to_string();
            let ours = argon2id.hash(&password, &params).unwrap();

            let stored = Argon2Hash::parse(&theirs, &params).unwrap();
            assert_eq!(argon2id.is_of(&stored, password.as_bytes()), Ok(true), "{theirs}");
            assert_eq!(argon2id.is_of(&stored, other.as_bytes()), Ok(false), "{theirs}");
            let ours = PasswordHash::new(&ours).unwrap();
            assert!(rust_crypto.verify_password(password.as_bytes(), &ours).is_ok());
            assert!(rust_crypto.verify_password(other.as_bytes(), &ours).is_err());
        }
    }

    #[test]
    fn both_agree_on_the_large_memory_of_the_usual_parameters() {
        let (password, usual) = (any_password(), params(19_456, 2, 1));
        let mut argon2id = Argon2id::new(Fast);
        argon2id.hash(&any_password(), &usual).unwrap();

        let ours = argon2id.hash(&password, &usual).unwrap();

        let ours = PasswordHash::new(&ours).unwrap();
        assert!(of_rust_crypto(&usual).verify_password(password.as_bytes(), &ours).is_ok());
    }

    #[test]
    fn a_hash_has_the_documented_prefix_and_length() {
        let hash = Argon2id::new(Fast).hash(&any_password(), &params(64, 1, 1)).unwrap();

        let (prefix, rest) = hash.split_at("$argon2id$v=19$m=64,t=1,p=1$".len());
        assert_eq!(prefix, "$argon2id$v=19$m=64,t=1,p=1$");
        assert_eq!(rest.split('$').map(str::len).collect::<Vec<_>>(), [22, 43]);
    }
}
