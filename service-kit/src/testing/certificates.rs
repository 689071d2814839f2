//! Certificates for tests. `tls/make` makes them.

use rustls::pki_types::{CertificateDer, pem::PemObject};

/// The authority that signed the others, in PEM.
pub const AUTHORITY: &str = include_str!("tls/ca.pem");

/// A certificate and its key, in PEM.
#[derive(Clone, Copy, Debug)]
pub struct TestCertificate {
    /// The certificate.
    pub cert: &'static str,
    /// Its private key.
    pub key: &'static str,
}

impl TestCertificate {
    /// The certificate in DER.
    pub fn der(&self) -> Vec<u8> {
        CertificateDer::from_pem_slice(self.cert.as_bytes()).expect("it is a certificate").to_vec()
    }
}

/// A certificate of `localhost` and 127.0.0.1.
pub const FIRST: TestCertificate =
    TestCertificate { cert: include_str!("tls/first.pem"), key: include_str!("tls/first.key") };
/// Another one.
pub const SECOND: TestCertificate =
    TestCertificate { cert: include_str!("tls/second.pem"), key: include_str!("tls/second.key") };
/// One that has expired.
pub const EXPIRED: TestCertificate =
    TestCertificate { cert: include_str!("tls/expired.pem"), key: include_str!("tls/expired.key") };
/// The key of the first one, encrypted.
pub const ENCRYPTED_KEY: &str = include_str!("tls/encrypted.key");
