//! Tokens that have been verified, so that a signature is checked once.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use foldhash::quality::RandomState;
use quick_cache::{
    Equivalent, Weighter,
    sync::{Cache, DefaultLifecycle},
};

use super::verified_token::VerifiedToken;

/// Remembers verified tokens, within a number and within a number of bytes.
///
/// A token is found by all of its bytes; only tokens found good enter; and a token seen once does not push out one that
/// is seen often (S3-FIFO). What may change meanwhile is for the verifier to look at each time: the issuer's keys, the
/// time, the token's status.
pub struct TokenCache {
    tokens: Cache<Key, Arc<VerifiedToken>, Weight, RandomState>,
    hits: AtomicU64,
    misses: AtomicU64,
}

struct Key(Arc<VerifiedToken>);

struct Sought<'a>(&'a [u8]);

#[derive(Clone)]
struct Weight {
    /// A token's share of all bytes, so that the number is kept too.
    least: u64,
}

/// Room for 16,384 tokens in 32 MiB.
impl Default for TokenCache {
    fn default() -> Self {
        Self::new(16_384, 32 * 1024 * 1024)
    }
}

impl TokenCache {
    /// Room for `tokens` at most, and for as many as take up `bytes` of memory together.
    pub fn new(tokens: usize, bytes: u64) -> Self {
        let weight = Weight { least: (bytes / tokens.max(1) as u64).max(1) };
        let cache = Cache::with(tokens, bytes, weight, RandomState::default(), DefaultLifecycle::default());
        Self { tokens: cache, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// How many tokens were found, and how many were not, for the metrics.
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits.load(Relaxed), self.misses.load(Relaxed))
    }

    /// How many tokens are held.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether no token is held.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(crate) fn find(&self, token: &[u8]) -> Option<Arc<VerifiedToken>> {
        let found = self.tokens.get(&Sought(token));
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        found
    }

    pub(crate) fn insert(&self, token: &Arc<VerifiedToken>) {
        self.tokens.insert(Key(Arc::clone(token)), Arc::clone(token));
    }

    pub(crate) fn remove(&self, token: &[u8]) {
        self.tokens.remove(&Sought(token));
    }
}

/// The last bytes of the signature, which differ between any two valid tokens. Other tokens that end alike are
/// distinguished by comparing the whole.
fn hash_end<H: Hasher>(token: &[u8], state: &mut H) {
    const LEN: usize = 32;
    state.write(token.get(token.len().saturating_sub(LEN)..).unwrap_or(token));
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_end(self.0.token.as_bytes(), state);
    }
}

impl Hash for Sought<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_end(self.0, state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.token == other.0.token
    }
}

impl Eq for Key {}

impl Equivalent<Key> for Sought<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0.token.as_bytes()
    }
}

impl Weighter<Key, Arc<VerifiedToken>> for Weight {
    /// The token, its claims as strings of about the same length, and what holds them.
    fn weight(&self, _: &Key, token: &Arc<VerifiedToken>) -> u64 {
        const HOLDING: usize = size_of::<VerifiedToken>() + 256;
        self.least.max((2 * token.token.len() + HOLDING) as u64)
    }
}
