//! The hardware's limits on one core, for `bench/compare`: RSA-2048 signatures and argon2id hashes per second, each
//! measured for the given number of seconds. `cargo run --release -p auth-service --example bounds -- 2`
#![expect(clippy::print_stdout, reason = "it prints its result")]

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use argon2_rust::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = env::args().nth(1).map_or(Ok(1.0), |text| text.parse())?;
    let lasting = Duration::from_secs_f64(seconds);
    println!(r#"{{"signatures":{:.1},"hashes":{:.1}}}"#, signatures(lasting)?, hashes(lasting)?);
    Ok(())
}

fn signatures(lasting: Duration) -> Result<f64, Box<dyn Error>> {
    let made = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| "no key can be made")?;
    let pair = RsaKeyPair::from_pkcs8(made.as_der().map_err(|_| "no key can be made")?.as_ref())?;
    let (message, mut signature) = ([b'x'; 700], vec![0; pair.public_modulus_len()]);
    rate(lasting, || {
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature).map_err(|_| "no signature".into())
    })
}

fn hashes(lasting: Duration) -> Result<f64, Box<dyn Error>> {
    let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT).hasher();
    let mut tag = [0; 32];
    rate(lasting, || Ok(hasher.hash_into(b"correct horse", b"sixteen bytes of", &mut tag)?))
}

fn rate(lasting: Duration, mut work: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    work()?;
    let (began, mut done) = (Instant::now(), 0.0);
    while began.elapsed() < lasting {
        work()?;
        done += 1.0;
    }
    Ok(done / began.elapsed().as_secs_f64())
}
