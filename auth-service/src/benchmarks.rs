//! Internals that the benchmarks measure. Not a public interface: it changes without notice.

pub use crate::keys::signing_key::{InvalidSigningKey, SigningKey, pkcs8_from_pem};
