//! Private keys in PEM.

use pem_rfc7468::LineEnding;
use rsa::{pkcs1::DecodeRsaPrivateKey, pkcs8::EncodePrivateKey};
use shared::pem::{InvalidPem, Pem};
use zeroize::Zeroizing;

/// Why a text holds no private key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrivateKeyPem {
    /// No PEM block with a private key.
    #[error("it is not an RSA private key in PEM (\"BEGIN PRIVATE KEY\" or \"BEGIN RSA PRIVATE KEY\")")]
    Missing,
    /// Only the public half.
    #[error("it is not a private key, but a public one")]
    Public,
    /// A certificate, or several.
    #[error("it is not a private key, but a certificate: its key is in a separate file")]
    Certificate,
    /// Encrypted under a passphrase, which this program does not ask for.
    #[error("it is not usable while encrypted: decrypt a copy with `openssl pkey -in FILE -out COPY`")]
    Encrypted,
    /// As OpenSSH writes it.
    #[error("it is not in PKCS #8, but in OpenSSH's format: convert a copy with `ssh-keygen -p -m PKCS8 -f COPY`")]
    OpenSsh,
    /// For another algorithm than RSA.
    #[error("it is not an RSA key, which tokens are signed with")]
    NotRsa,
    /// More than one private key.
    #[error("it is not one private key, but several: keep only the one that signs")]
    Several,
    /// A damaged block.
    #[error(transparent)]
    Damaged(#[from] InvalidPem),
    /// It cannot be written as PEM.
    #[error("it is not a private key of a plausible length")]
    Unwritable,
}

/// PKCS #8 from PEM: `PRIVATE KEY` (RFC 5208) or `RSA PRIVATE KEY` (RFC 8017), as [settings and files](shared::pem) carry it.
///
/// # Errors
/// [`InvalidPrivateKeyPem`], which says what was found instead.
pub fn pkcs8_from_pem(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidPrivateKeyPem> {
    let pem = Pem::new(text);
    let blocks = pem.blocks();
    let has = |label: &str| blocks.iter().any(|block| block.label().contains(label));
    let mut keys = blocks.iter().filter(|block| block.label().ends_with("PRIVATE KEY"));
    let key = match (keys.next(), keys.next()) {
        (Some(key), None) => key,
        (Some(_), Some(_)) => return Err(InvalidPrivateKeyPem::Several),
        _ if has("PUBLIC KEY") => return Err(InvalidPrivateKeyPem::Public),
        _ if has("CERTIFICATE") => return Err(InvalidPrivateKeyPem::Certificate),
        _ => return Err(InvalidPrivateKeyPem::Missing),
    };
    match key.label() {
        _ if key.is_encrypted() => Err(InvalidPrivateKeyPem::Encrypted),
        "PRIVATE KEY" | "RSA PRIVATE KEY" => Ok(pkcs8(key.der()?)),
        "OPENSSH PRIVATE KEY" => Err(InvalidPrivateKeyPem::OpenSsh),
        _ => Err(InvalidPrivateKeyPem::NotRsa),
    }
}

/// Labels are exchanged by hand, so what the key is decides: PKCS #1 is converted.
fn pkcs8(der: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    let converted = rsa::PrivateKey::from_pkcs1_der(&der).ok().and_then(|key| key.to_pkcs8_der().ok());
    converted.map_or(der, |converted| converted.to_bytes())
}

/// A private key in PKCS #8 as PEM.
///
/// # Errors
/// [`InvalidPrivateKeyPem::Unwritable`].
pub fn pem_from_pkcs8(der: &[u8]) -> Result<String, InvalidPrivateKeyPem> {
    pem_rfc7468::encode_string("PRIVATE KEY", LineEnding::LF, der).map_err(|_| InvalidPrivateKeyPem::Unwritable)
}

#[cfg(test)]
mod tests {
    use shared::testing::{PRIVATE_KEY_PEM, PUBLIC_KEY_PEM};

    use super::{InvalidPem, InvalidPrivateKeyPem as Invalid, pem_from_pkcs8, pkcs8_from_pem};

    fn block(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    #[test]
    fn a_private_key_is_read_as_settings_and_files_carry_it() {
        let key = pkcs8_from_pem(PRIVATE_KEY_PEM).unwrap();
        let pkcs8 = pem_from_pkcs8(&key).unwrap();
        let certificate = block("CERTIFICATE", "QUJD");

        for written in [
            PRIVATE_KEY_PEM.replace('\n', "\\n"),
            PRIVATE_KEY_PEM.replace('\n', "\r\n"),
            format!("\u{feff}\"{PRIVATE_KEY_PEM}\""),
            format!("{certificate}{PRIVATE_KEY_PEM}{certificate}{PUBLIC_KEY_PEM}"),
            PRIVATE_KEY_PEM.replace("RSA ", ""),
            pkcs8.replace("PRIVATE", "RSA PRIVATE"),
            pkcs8,
        ] {
            assert_eq!(pkcs8_from_pem(&written), Ok(key.clone()), "{}", written.len());
        }
    }

    #[test]
    fn what_is_no_usable_private_key_is_refused_with_the_reason() {
        let legacy = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,2AF0\n\nQUJD";
        for (text, expected) in [
            ("", Invalid::Missing),
            ("/run/secrets/key.pem", Invalid::Missing),
            (&*block("PGP MESSAGE", "QUJD"), Invalid::Missing),
            (PUBLIC_KEY_PEM, Invalid::Public),
            (&block("CERTIFICATE", "QUJD"), Invalid::Certificate),
            (&block("ENCRYPTED PRIVATE KEY", "QUJD"), Invalid::Encrypted),
            (&block("RSA PRIVATE KEY", legacy), Invalid::Encrypted),
            (&block("OPENSSH PRIVATE KEY", "QUJD"), Invalid::OpenSsh),
            (&block("EC PRIVATE KEY", "QUJD"), Invalid::NotRsa),
            (&PRIVATE_KEY_PEM.repeat(2), Invalid::Several),
            (&PRIVATE_KEY_PEM[..100], Invalid::Damaged(InvalidPem::Incomplete)),
            (&PRIVATE_KEY_PEM.replace("MII", "M-I"), Invalid::Damaged(InvalidPem::NotBase64)),
        ] {
            let refused = pkcs8_from_pem(text).unwrap_err();

            assert_eq!(refused, expected, "{text}");
            assert!(text.is_empty() || !refused.to_string().contains(text), "{refused}");
        }
    }
}
