//! argon2id (RFC 9106) by either implementation, and the check at startup that both agree.

use std::panic::{AssertUnwindSafe, catch_unwind};

use argon2::{Block, Params};
use argon2_rust::{
    Algorithm, Argon2, Hasher, Version,
    params::{Memory, TagLen},
};
use zeroize::Zeroize;

use crate::config::Argon2Implementation;

/// An implementation with its memory, which is kept between hashes and wiped after each.
pub enum Argon2Engine {
    /// `argon2-rust`: the processor's widest instructions, and `unsafe` code.
    Fast(Box<Hasher>),
    /// `argon2`, of `RustCrypto`: portable code.
    Portable(Vec<Block>),
    /// An implementation with a bug.
    #[cfg(test)]
    Wrong,
}

/// A password could not be hashed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("argon2: {0}")]
pub struct Argon2Error(pub String);

/// The 32 bytes of a hash.
pub type Tag = [u8; 32];

struct KnownAnswer {
    lanes: u32,
    tag: Tag,
}

/// From the reference implementation's own tests: 256 KiB, 2 passes, "password" and "somesalt".
const KNOWN_ANSWERS: [KnownAnswer; 2] = [
    KnownAnswer {
        lanes: 1,
        tag: [
            0x9d, 0xfe, 0xb9, 0x10, 0xe8, 0x0b, 0xad, 0x03, 0x11, 0xfe, 0xe2, 0x0f, 0x9c, 0x0e, 0x2b, 0x12, 0xc1, 0x79,
            0x87, 0xb4, 0xca, 0xc9, 0x0c, 0x2e, 0xf5, 0x4d, 0x5b, 0x30, 0x21, 0xc6, 0x8b, 0xfe,
        ],
    },
    KnownAnswer {
        lanes: 2,
        tag: [
            0x6d, 0x09, 0x3c, 0x50, 0x1f, 0xd5, 0x99, 0x96, 0x45, 0xe0, 0xea, 0x3b, 0xf6, 0x20, 0xd7, 0xb8, 0xbe, 0x7f,
            0xd2, 0xdb, 0x59, 0xc2, 0x0d, 0x9f, 0xff, 0x95, 0x39, 0xda, 0x2b, 0xf5, 0x70, 0x37,
        ],
    },
];

impl Argon2Engine {
    /// An engine that has no memory yet.
    pub fn new(implementation: Argon2Implementation) -> Self {
        match implementation {
            Argon2Implementation::Fast => {
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, argon2_rust::Params::DEFAULT);
                Self::Fast(Box::new(argon2.hasher()))
            }
            Argon2Implementation::Portable => Self::Portable(Vec::new()),
        }
    }

    /// Fills `tag` with the hash of a password.
    ///
    /// # Errors
    /// [`Argon2Error`] if the parameters are invalid or there is no memory.
    pub fn hash_into(
        &mut self,
        params: &Params,
        password: &[u8],
        salt: &[u8],
        tag: &mut [u8],
    ) -> Result<(), Argon2Error> {
        match self {
            Self::Fast(hasher) => {
                let params = argon2_rust::Params::builder()
                    .memory(Memory::kib(params.m_cost().into()))
                    .passes(params.t_cost())
                    .lanes(params.p_cost())
                    // Also where another crate enables the feature that starts threads for lanes.
                    .threads(1)
                    .tag_len(TagLen::bytes(tag.len() as u64))
                    .build()
                    .map_err(failed)?;
                hasher.set_argon2(Argon2::new(Algorithm::Argon2id, Version::V0x13, params));
                hasher.hash_into(password, salt, tag).map_err(failed)
            }
            Self::Portable(memory) => {
                let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params.clone());
                hash_portably(&argon2, memory, password, salt, tag)
            }
            #[cfg(test)]
            Self::Wrong => {
                tag.fill(7);
                Ok(())
            }
        }
    }

    /// How many blocks of 1 KiB are kept for the next hash.
    #[cfg(test)]
    pub fn kept_blocks(&self) -> usize {
        match self {
            Self::Fast(hasher) => hasher.reserved_blocks(),
            Self::Portable(memory) => memory.capacity(),
            Self::Wrong => 0,
        }
    }
}

/// Fills `tag` with the hash of a password, by any variant of argon2 in portable code, with memory of its own.
///
/// # Errors
/// [`Argon2Error`] if the parameters are invalid or there is no memory.
pub fn hash_variant_into(
    (algorithm, version): (argon2::Algorithm, argon2::Version),
    params: &Params,
    password: &[u8],
    salt: &[u8],
    tag: &mut [u8],
) -> Result<(), Argon2Error> {
    hash_portably(&argon2::Argon2::new(algorithm, version, params.clone()), &mut Vec::new(), password, salt, tag)
}

fn hash_portably(
    argon2: &argon2::Argon2<'_>,
    memory: &mut Vec<Block>,
    password: &[u8],
    salt: &[u8],
    tag: &mut [u8],
) -> Result<(), Argon2Error> {
    let blocks = argon2.params().block_count();
    memory.try_reserve_exact(blocks.saturating_sub(memory.len())).map_err(failed)?;
    memory.resize(blocks, Block::default());
    let done = argon2.hash_password_into_with_memory(password, salt, tag, memory.as_mut_slice());
    memory.iter_mut().for_each(Zeroize::zeroize);
    done.map_err(failed)
}

fn failed(error: impl ToString) -> Argon2Error {
    Argon2Error(error.to_string())
}

/// The implementation to use: the configured one, unless the fast one computes wrong hashes on this machine. That is logged,
/// and the portable one is used instead.
///
/// # Errors
/// [`Argon2Error`] if the portable one cannot hash with these parameters.
pub fn choose_implementation(
    configured: Argon2Implementation,
    params: &Params,
) -> Result<Argon2Implementation, Argon2Error> {
    match configured {
        Argon2Implementation::Portable => Ok(Argon2Implementation::Portable),
        Argon2Implementation::Fast => fast_if_right(&mut Argon2Engine::new(configured), params),
    }
}

fn fast_if_right(fast: &mut Argon2Engine, params: &Params) -> Result<Argon2Implementation, Argon2Error> {
    // A panic counts as a wrong hash.
    let answers = catch_unwind(AssertUnwindSafe(|| answers(fast, params)));
    let expected = expected_answers(params)?;
    if matches!(answers, Ok(Ok(answers)) if answers == expected) {
        return Ok(Argon2Implementation::Fast);
    }
    log::error!("argon2-rust computes wrong hashes on this machine, using RustCrypto's argon2 instead");
    Ok(Argon2Implementation::Portable)
}

/// The known answers' inputs, then two passwords with the parameters in use.
fn answers(engine: &mut Argon2Engine, params: &Params) -> Result<Vec<Tag>, Argon2Error> {
    let mut answers = Vec::new();
    for KnownAnswer { lanes, .. } in KNOWN_ANSWERS {
        let params = Params::new(256, 2, lanes, None).map_err(failed)?;
        answers.push(hash(engine, &params, b"password", b"somesalt")?);
    }
    answers.extend(answers_in_use(engine, params)?);
    Ok(answers)
}

fn expected_answers(params: &Params) -> Result<Vec<Tag>, Argon2Error> {
    let in_use = answers_in_use(&mut Argon2Engine::new(Argon2Implementation::Portable), params)?;
    Ok(KNOWN_ANSWERS.iter().map(|known| known.tag).chain(in_use).collect())
}

/// The second hash reuses the memory of the first. They differ, so that a leftover of the first is not a right answer.
fn answers_in_use(engine: &mut Argon2Engine, params: &Params) -> Result<[Tag; 2], Argon2Error> {
    let short = hash(engine, params, b"password", b"somesalt")?;
    let long = hash(engine, params, &[b'x'; 300], b"sixteen bytes of")?;
    Ok([short, long])
}

fn hash(engine: &mut Argon2Engine, params: &Params, password: &[u8], salt: &[u8]) -> Result<Tag, Argon2Error> {
    let mut tag = Tag::default();
    engine.hash_into(params, password, salt, &mut tag)?;
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use super::{
        Argon2Implementation::{Fast, Portable},
        *,
    };

    #[test]
    fn both_implementations_give_the_known_answers() {
        for implementation in [Fast, Portable] {
            let params = Params::new(64, 1, 1, None).unwrap();

            let answers = answers(&mut Argon2Engine::new(implementation), &params).unwrap();

            assert_eq!(answers, expected_answers(&params).unwrap());
        }
    }

    #[test]
    fn the_fast_implementation_is_used_where_it_is_right() {
        let params = Params::new(64, 1, 1, None).unwrap();

        assert_eq!(choose_implementation(Fast, &params), Ok(Fast));
        assert_eq!(choose_implementation(Portable, &params), Ok(Portable));
    }

    #[test]
    fn a_wrong_implementation_is_replaced_by_the_portable_one() {
        let params = Params::new(64, 1, 1, None).unwrap();

        assert_eq!(fast_if_right(&mut Argon2Engine::Wrong, &params), Ok(Portable));
    }

    #[test]
    fn the_argon2_rust_in_use_is_the_one_that_was_read() {
        let review = include_str!("../../../docs/security/argon2-rust.md");
        let (_, locked) = include_str!("../../../Cargo.lock").split_once("name = \"argon2-rust\"").unwrap();
        let (_, checksum) = locked.split_once("checksum = \"").unwrap();
        let (checksum, _) = checksum.split_once('"').unwrap();

        assert!(
            review.contains(checksum),
            "read its unsafe code as docs/security/argon2-rust.md says, and correct that"
        );
    }
}
