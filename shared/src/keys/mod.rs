//! The issuer's public keys: one, a set of them, and the set as it is now.

mod key_set;
mod key_store;
mod public_key;

pub use key_set::{InvalidKeySet, KeySet};
pub use key_store::{KeyStore, NotCurrent};
pub use public_key::{InvalidKey, PublicKey};
