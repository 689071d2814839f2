//! Internals that the benchmarks measure. Not a public interface: it changes without notice.

pub use crate::keys::{
    private_key_pem::{InvalidPrivateKeyPem, pkcs8_from_pem},
    signing_key::{InvalidSigningKey, SigningKey},
};
