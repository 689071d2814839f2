//! A cache of verified tokens, so that each signature is verified once.

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

/// A cache of verified tokens, bounded in number and in bytes.
///
/// A lookup compares all bytes of the token, only tokens that the issuer has signed are inserted, and one that is used once does
/// not evict one that is used often (S3-FIFO). The verifier checks on each request what may have changed: the issuer's keys, the
/// token's lifetime and its status.
pub struct TokenCache {
    tokens: Cache<Key, Arc<VerifiedToken>, Weight, RandomState>,
    hits: AtomicU64,
    misses: AtomicU64,
}

struct Key(Arc<VerifiedToken>);

struct LookupKey<'a>(&'a [u8]);

#[derive(Clone)]
struct Weight {
    /// The minimum weight of a token, which bounds their number.
    least: u64,
}

/// At most 16,384 tokens in 32 MiB.
impl Default for TokenCache {
    fn default() -> Self {
        Self::new(16_384, 32 * 1024 * 1024)
    }
}

impl TokenCache {
    /// A cache of at most `tokens` tokens that take at most `bytes` of memory.
    pub fn new(tokens: usize, bytes: u64) -> Self {
        let weight = Weight { least: (bytes / tokens.max(1) as u64).max(1) };
        let cache = Cache::with(tokens, bytes, weight, RandomState::default(), DefaultLifecycle::default());
        Self { tokens: cache, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// The numbers of hits and misses, for metrics.
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits.load(Relaxed), self.misses.load(Relaxed))
    }

    /// The number of cached tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether the cache is empty.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(crate) fn find(&self, token: &[u8]) -> Option<Arc<VerifiedToken>> {
        let found = self.tokens.get(&LookupKey(token));
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        found
    }

    pub(crate) fn insert(&self, token: &Arc<VerifiedToken>) {
        self.tokens.insert(Key(Arc::clone(token)), Arc::clone(token));
    }

    pub(crate) fn remove(&self, token: &[u8]) {
        self.tokens.remove(&LookupKey(token));
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

impl Hash for LookupKey<'_> {
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

impl Equivalent<Key> for LookupKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0.token.as_bytes()
    }
}

impl Weighter<Key, Arc<VerifiedToken>> for Weight {
    /// The token, its claims, which take about as much, and the structs that hold them.
    fn weight(&self, _: &Key, token: &Arc<VerifiedToken>) -> u64 {
        const OVERHEAD: usize = size_of::<VerifiedToken>() + 256;
        self.least.max((2 * token.token.len() + OVERHEAD) as u64)
    }
}
