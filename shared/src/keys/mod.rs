//! Public keys, key sets, and the cache of an issuer's current key set.

mod algorithm;
mod jwk;
mod jwks_cache;
mod key_set;
mod public_key;
mod roca;

pub use algorithm::Algorithm;
pub use jwks_cache::{JwksCache, NotCurrent};
pub use key_set::{InvalidKeySet, KeySet};
pub use public_key::{InvalidKey, PublicKey};

/// The request header with the verifier's instance name, sent when keys are fetched.
pub const VERIFIER_HEADER: &str = "X-Verifier-Instance";
