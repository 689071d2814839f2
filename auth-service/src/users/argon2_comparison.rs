//! `argon2-rust` compared with `RustCrypto`'s `argon2`: the same bytes for whatever is hashed.

use argon2::Params;
use aws_lc_rs::rand;

use super::argon2_engine::Argon2Engine;
use crate::config::Argon2Implementation::{Fast, Portable};

/// `SplitMix64`: a failure names its seed, which repeats it.
struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    fn new() -> Self {
        let mut seed = [0; 8];
        rand::fill(&mut seed).unwrap();
        Self::from_seed(u64::from_le_bytes(seed))
    }

    fn from_seed(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `min` to `max`.
    fn any(&mut self, min: u32, max: u32) -> u32 {
        min + u32::try_from(self.next() % u64::from(max - min + 1)).unwrap()
    }

    fn bytes(&mut self, min: u32, max: u32) -> Vec<u8> {
        let len = self.any(min, max);
        (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn is_one_in(&mut self, n: u32) -> bool {
        self.any(1, n) == 1
    }

    /// Both kinds of memory that `argon2-rust` uses: allocated below 2 MiB, mapped above. Often as little as possible.
    fn params(&mut self) -> Params {
        let lanes = self.any(1, 6);
        let least = 8 * lanes;
        let memory = if self.is_one_in(3) { self.any(least, least + 40) } else { self.any(least, 5000) };
        Params::new(memory, self.any(1, 3), lanes, None).unwrap()
    }
}

struct Pair {
    fast: Argon2Engine,
    portable: Argon2Engine,
}

impl Pair {
    fn new() -> Self {
        Self { fast: Argon2Engine::new(Fast), portable: Argon2Engine::new(Portable) }
    }

    /// Both hashes; `None` where the implementation refuses.
    fn hash(&mut self, params: &Params, password: &[u8], salt: &[u8], len: u32) -> [Option<Vec<u8>>; 2] {
        [&mut self.fast, &mut self.portable].map(|engine| {
            let mut tag = vec![0; len as usize];
            engine.hash_into(params, password, salt, &mut tag).is_ok().then_some(tag)
        })
    }
}

/// Both engines keep their memory from one hash to the next, larger or smaller one.
#[test]
fn random_inputs_give_the_same_hash() {
    let (mut random, mut pair) = (Random::new(), Pair::new());
    for round in 0..250 {
        let params = random.params();
        let (password, salt) = (random.bytes(0, 1100), random.bytes(8, 64));
        let len = if random.is_one_in(3) { random.any(4, 1100) } else { 32 };

        let [fast, portable] = pair.hash(&params, &password, &salt, len);

        assert!(fast.is_some(), "seed {}, round {round}: {params:?}", random.seed);
        assert_eq!(fast, portable, "seed {}, round {round}: {params:?}", random.seed);
    }
}

/// Up to three blocks of `BLAKE2b`, with the least memory.
#[test]
fn passwords_salts_and_tags_of_every_length_give_the_same_hash() {
    let (mut random, mut pair) = (Random::new(), Pair::new());
    let params = Params::new(8, 1, 1, None).unwrap();
    for len in 0..300 {
        let (password, salt) = (random.bytes(len, len), random.bytes(len.max(8), len.max(8)));
        for (password, salt, len) in
            [(&password[..], &[1; 16][..], 32), (b"password", &salt, 32), (b"password", &[1; 16], len.max(4))]
        {
            let [fast, portable] = pair.hash(&params, password, salt, len);

            assert!(fast.is_some(), "{len}");
            assert_eq!(fast, portable, "seed {}, {len}", random.seed);
        }
    }
}

#[test]
fn invalid_inputs_are_refused_by_both_and_change_nothing() {
    let (mut random, mut pair) = (Random::new(), Pair::new());
    for _ in 0..20 {
        let params = random.params();

        assert_eq!(pair.hash(&params, b"password", &[1; 7], 32), [None, None]);
        assert_eq!(pair.hash(&params, b"password", &[1; 16], 3), [None, None]);

        let [fast, portable] = pair.hash(&params, b"password", &[1; 16], 32);
        assert!(fast.is_some());
        assert_eq!(fast, portable, "seed {}: {params:?}", random.seed);
    }
}
