//! One RSA public key, parsed once.

use std::fmt;

use aws_lc_rs::{
    rsa,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};

use super::roca;

/// An RSA public key of 2048 to 8192 bits that checks RS256 signatures (RFC 7518, section 3.3).
///
/// It is parsed once, since parsing costs as much as a tenth of a check.
pub struct PublicKey(ParsedPublicKey);

/// Why something is no key to check signatures with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Neither `SubjectPublicKeyInfo` nor PKCS #1 in PEM.
    #[error("it is not an RSA public key in PEM (\"BEGIN PUBLIC KEY\" or \"BEGIN RSA PUBLIC KEY\")")]
    NotAPublicKeyPem,
    /// Somebody handed over the private key.
    #[error("it is a private key: give the public key alone, and replace the pair if others have seen it")]
    Private,
    /// RFC 7518, section 3.3, demands 2048 bits; more than 8192 is only good for wearing a verifier out.
    #[error("its modulus has {0} bits, and 2048 to 8192 are taken")]
    Size(usize),
    /// With a small exponent, a fault in the encoding of one signature is enough to forge it (FIPS 186-5, section A.1.1,
    /// demands more than 2^16); with an even one there are none.
    #[error("its exponent is not an odd number of at least 65537")]
    Exponent,
    /// Its private half can be computed from it (ROCA, CVE-2017-15361).
    #[error("it was made by a faulty library (ROCA, CVE-2017-15361): replace the key pair")]
    Roca,
    /// The cryptographic library refuses the numbers.
    #[error("it is not a valid RSA key")]
    Malformed,
}

impl PublicKey {
    /// From the modulus and the exponent, each big-endian without leading zeros.
    ///
    /// # Errors
    /// [`InvalidKey`] for a key too short, too long, or with an invalid exponent.
    pub fn from_components(n: &[u8], e: &[u8]) -> Result<Self, InvalidKey> {
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(InvalidKey::Size(bits));
        }
        let is_odd = e.last().is_some_and(|last| last % 2 == 1);
        // Without leading zeros, the longer number is the greater.
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

    /// From PEM: `PUBLIC KEY` (RFC 5280) or `RSA PUBLIC KEY` (RFC 8017).
    ///
    /// # Errors
    /// [`InvalidKey`], which says what was found instead.
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

    /// Whether `signature` is this key's RS256 signature of `message`.
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
