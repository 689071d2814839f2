//! The issuer's public keys: one, a set of them, and the set as it is now.

mod jwks_cache;
mod key_set;
mod public_key;
mod roca;

pub use jwks_cache::{JwksCache, NotCurrent};
pub use key_set::{InvalidKeySet, KeySet};
pub use public_key::{InvalidKey, PublicKey};

/// The request header in which a verifier tells the issuer its instance name when it asks for keys.
pub const VERIFIER_HEADER: &str = "X-Verifier-Instance";
