//! argon2id (RFC 9106): from a password to a PHC string, and back to yes or no.

use argon2_rust::{Algorithm, Argon2, Decoded, Error, Hasher, Params, RANDOM_SALT_LEN, Version, decode_phc};
use aws_lc_rs::rand;

use super::password::Password;

/// What a thread hashes with: its memory is kept between hashes, and wiped after each.
pub struct Argon2id(Hasher);

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

impl Default for Argon2id {
    fn default() -> Self {
        Self(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT).hasher())
    }
}

impl Argon2id {
    /// What is to be stored of a password: a PHC string with a salt of its own.
    ///
    /// # Errors
    /// [`Error`] if there is no memory, or no randomness.
    pub fn hash(&mut self, password: &Password, params: &Params) -> Result<String, Error> {
        let mut salt = [0; RANDOM_SALT_LEN];
        rand::fill(&mut salt).map_err(|_| Error::OsRandom)?;
        self.with(params).hash_encoded(password.as_bytes(), &salt)
    }

    /// Whether `stored` was made of this password; if so, and with other parameters than today's, also a new hash.
    pub fn check(&mut self, stored: &str, password: &Password, today: &Params) -> Verdict {
        let Some(Decoded { params, salt, hash, .. }) = argon2id(stored) else {
            log::error!("a stored password hash is none of argon2id");
            return Verdict::Wrong;
        };
        let is_right = self.with(&params).verify(password.as_bytes(), &salt, &hash).is_ok();
        match (is_right, same_cost(&params, today)) {
            (false, _) => Verdict::Wrong,
            (true, true) => Verdict::Right,
            (true, false) => self.hash(password, today).map_or(Verdict::Right, Verdict::RightAndRehashed),
        }
    }

    fn with(&mut self, params: &Params) -> &mut Hasher {
        self.0.set_argon2(Argon2::new(Algorithm::Argon2id, Version::V0x13, *params));
        &mut self.0
    }
}

/// The parts of a PHC string, if it is one of argon2id as it is made here.
fn argon2id(stored: &str) -> Option<Decoded> {
    let decoded = decode_phc(stored).ok()?;
    let is_ours =
        decoded.algorithm == Algorithm::Argon2id && decoded.version == Version::V0x13 && decoded.ad.is_empty();
    is_ours.then_some(decoded)
}

fn same_cost(one: &Params, other: &Params) -> bool {
    (one.memory_kib(), one.passes(), one.lanes()) == (other.memory_kib(), other.passes(), other.lanes())
}

#[cfg(test)]
mod tests {
    use argon2::{
        AssociatedData, ParamsBuilder, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::phc::Salt,
    };
    use argon2_rust::params::Memory;

    use super::*;

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
        Params::builder().memory(Memory::kib(memory_kib.into())).passes(passes).lanes(lanes).build().unwrap()
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
        let params = argon2::Params::new(params.memory_kib(), params.passes(), params.lanes(), None).unwrap();
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
    }

    #[test]
    fn the_vectors_of_rfc_9106_are_those_of_both_implementations() {
        let (password, salt, secret, data) = ([1; 32], [2; 16], [3; 8], [4; 12]);
        for (ours, theirs, expected) in RFC_9106 {
            let mut tag = [0; 32];
            let mut hasher = Argon2::new(ours, Version::V0x13, params(32, 3, 4)).hasher();
            // Twice, so that memory that has been used counts too.
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
        let mut argon2id = Argon2id::default();
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
    fn each_takes_the_others_hashes_and_refuses_another_password() {
        let mut argon2id = Argon2id::default();
        for _ in 0..20 {
            let (password, other, params) = (any_password(), Password::typed("another".to_owned()), any_params());
            let rust_crypto = of_rust_crypto(&params);
            let salt = random(any(8, 48) as usize);
            let theirs = rust_crypto.hash_password_with_salt(password.as_bytes(), &salt).unwrap().to_string();
            let ours = argon2id.hash(&password, &params).unwrap();

            assert_eq!(argon2id.check(&theirs, &password, &params), Verdict::Right, "{theirs}");
            assert_eq!(argon2id.check(&theirs, &other, &params), Verdict::Wrong, "{theirs}");
            let ours = PasswordHash::new(&ours).unwrap();
            assert!(rust_crypto.verify_password(password.as_bytes(), &ours).is_ok());
            assert!(rust_crypto.verify_password(other.as_bytes(), &ours).is_err());
        }
    }

    #[test]
    fn large_memory_of_the_usual_parameters_gives_the_same_too() {
        let (password, usual) = (any_password(), params(19_456, 2, 1));
        let mut argon2id = Argon2id::default();
        argon2id.hash(&any_password(), &usual).unwrap();

        let ours = argon2id.hash(&password, &usual).unwrap();

        let ours = PasswordHash::new(&ours).unwrap();
        assert!(of_rust_crypto(&usual).verify_password(password.as_bytes(), &ours).is_ok());
    }

    #[test]
    fn a_hash_has_the_prefix_and_the_length_it_always_had() {
        let hash = Argon2id::default().hash(&any_password(), &params(64, 1, 1)).unwrap();

        let (prefix, rest) = hash.split_at("$argon2id$v=19$m=64,t=1,p=1$".len());
        assert_eq!(prefix, "$argon2id$v=19$m=64,t=1,p=1$");
        assert_eq!(rest.split('$').map(str::len).collect::<Vec<_>>(), [22, 43]);
    }
}
