//! RSA public keys.

use std::fmt;

use aws_lc_rs::{
    rsa,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};

use super::roca;

/// An RSA public key of 2048 to 8192 bits that verifies RS256 signatures (RFC 7518, section 3.3).
///
/// It is kept parsed, since parsing takes a tenth of the time of a verification.
pub struct PublicKey(ParsedPublicKey);

/// Why a key cannot be used to verify signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not PEM with a `SubjectPublicKeyInfo` or a PKCS #1 public key.
    #[error("it is not an RSA public key in PEM (\"BEGIN PUBLIC KEY\" or \"BEGIN RSA PUBLIC KEY\")")]
    NotAPublicKeyPem,
    /// A private key.
    #[error("it is a private key: give the public key alone, and replace the pair if others have seen it")]
    Private,
    /// The modulus has fewer than 2048 bits (RFC 7518, section 3.3), or more than 8192, which would make verification slow.
    #[error("its modulus has {0} bits, and 2048 to 8192 are taken")]
    Size(usize),
    /// The exponent is even or less than 65537. Small exponents make flaws in padding checks exploitable (FIPS 186-5,
    /// section A.1.1, requires more than 2^16).
    #[error("its exponent is not an odd number of at least 65537")]
    Exponent,
    /// The private key can be computed from the public one (ROCA, CVE-2017-15361).
    #[error("it was made by a faulty library (ROCA, CVE-2017-15361): replace the key pair")]
    Roca,
    /// The cryptographic library rejects the key.
    #[error("it is not a valid RSA key")]
    Malformed,
}

impl PublicKey {
    /// Creates a key from modulus and exponent, both big-endian without leading zeros.
    ///
    /// # Errors
    /// [`InvalidKey`] for a key that is too short, too long or insecure.
    pub fn from_components(n: &[u8], e: &[u8]) -> Result<Self, InvalidKey> {
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(InvalidKey::Size(bits));
        }
        let is_odd = e.last().is_some_and(|last| last % 2 == 1);
        // Without leading zeros, the longer number is greater.
        let is_large = e.len() > 3 || (e.len() == 3 && e >= [1, 0, 1].as_slice());
        if !is_odd || !is_large {
            return Err(InvalidKey::Exponent);
        }
        if roca::has_fingerprint(n) {
            return Err(InvalidKey::Roca);
        }
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map(Self)
            .map_err(|_| InvalidKey::Malformed)
    }

    /// Parses PEM: `PUBLIC KEY` (RFC 5280) or `RSA PUBLIC KEY` (RFC 8017).
    ///
    /// # Errors
    /// [`InvalidKey`] if it is not a usable RSA public key.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        let (label, der) = pem_rfc7468::decode_vec(pem.trim().as_bytes()).map_err(|_| InvalidKey::NotAPublicKeyPem)?;
        match label {
            "PUBLIC KEY" | "RSA PUBLIC KEY" => {}
            private if private.contains("PRIVATE KEY") => return Err(InvalidKey::Private),
            _ => return Err(InvalidKey::NotAPublicKeyPem),
        }
        let key = rsa::PublicKey::from_der(&der).map_err(|_| InvalidKey::Malformed)?;
        Self::from_components(
            key.modulus().big_endian_without_leading_zero(),
            key.exponent().big_endian_without_leading_zero(),
        )
    }

    /// Whether `signature` is a valid RS256 signature of `message` by this key.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref() == other.0.as_ref()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(RSA)")
    }
}
