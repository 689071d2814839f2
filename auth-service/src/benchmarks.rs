//! What the benchmarks measure of the inside. For nobody else: it changes without notice.

pub use crate::keys::signing_key::{InvalidSigningKey, SigningKey, pkcs8_from_pem};
