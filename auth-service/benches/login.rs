//! The cost of a login: its hash and its signature, each with its lower bound. `cargo bench -p auth-service`
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use argon2_rust::{Algorithm, Argon2, Params, Version};
use auth_service::benchmarks::{SigningKey, pkcs8_from_pem};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use divan::{Bencher, black_box};
use shared::testing::{PRIVATE_KEY_PEM, claims, status};

const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: &[u8] = b"sixteen bytes of";

fn main() {
    divan::main();
}

/// One RSA-2048 signature by aws-lc-rs, with a parsed key, of a message as long as a token.
#[divan::bench]
fn bare_rsa_signature(bencher: Bencher<'_, '_>) {
    let pair = RsaKeyPair::from_pkcs8(&pkcs8_from_pem(PRIVATE_KEY_PEM).unwrap()).unwrap();
    let (message, mut signature) = ([b'x'; 700], vec![0; pair.public_modulus_len()]);

    bencher.bench_local(|| pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), black_box(&message), &mut signature));
}

#[divan::bench]
fn access_token_signed(bencher: Bencher<'_, '_>) {
    let key = SigningKey::from_pkcs8(&pkcs8_from_pem(PRIVATE_KEY_PEM).unwrap()).unwrap();
    let mut claims = claims("john", "user");
    claims.status = status("http://localhost:5000/status-lists/1", 4_711);

    bencher.bench(|| key.sign_access_token(black_box(&claims)).is_ok());
}

/// The hash of a login by the library in use: 19,456 KiB, 2 passes, 1 lane, memory reused.
#[divan::bench(sample_count = 40)]
fn argon2id(bencher: Bencher<'_, '_>) {
    let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT).hasher();
    let mut tag = [0; 32];

    bencher.bench_local(|| hasher.hash_into(black_box(PASSWORD), SALT, &mut tag));
}

/// The same hash by `RustCrypto`'s `argon2`.
#[divan::bench(sample_count = 40)]
fn argon2id_by_rustcrypto(bencher: Bencher<'_, '_>) {
    let hasher = argon2::Argon2::default();
    let mut memory = vec![argon2::Block::default(); hasher.params().block_count()];
    let mut tag = [0; 32];

    bencher.bench_local(|| {
        hasher.hash_password_into_with_memory(black_box(PASSWORD), SALT, &mut tag, memory.as_mut_slice())
    });
}
