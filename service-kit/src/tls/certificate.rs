//! A certificate and its key in files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustls::{
    Error, InconsistentKeys,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: io::Error, is_key: bool },
    #[error("there is no certificate in {0}")]
    NoCertificate(PathBuf),
    #[error("the certificate in {path} is invalid: {reason}")]
    Invalid { path: PathBuf, reason: String },
    #[error("there is no private key in {0}")]
    NoKey(PathBuf),
    #[error("the private key in {0} is encrypted")]
    EncryptedKey(PathBuf),
    #[error("the private key in {path} is not supported: {reason}")]
    UnsupportedKey { path: PathBuf, reason: String },
    #[error("the private key in {key} does not belong to the certificate in {cert}")]
    OtherKey { cert: PathBuf, key: PathBuf },
}

/// The contents of both files.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct CertificateFiles {
    cert: Vec<u8>,
    key: zeroize::Zeroizing<Vec<u8>>,
}

impl CertificateError {
    /// Whether it is the file with the key.
    pub(super) fn is_about_key(&self) -> bool {
        match self {
            Self::Unreadable { is_key, .. } => *is_key,
            Self::NoKey(_) | Self::EncryptedKey(_) | Self::UnsupportedKey { .. } | Self::OtherKey { .. } => true,
            Self::NoCertificate(_) | Self::Invalid { .. } => false,
        }
    }
}

impl CertificateFiles {
    /// Reads both.
    pub(super) fn read(cert: &Path, key: &Path) -> Result<Self, CertificateError> {
        let read = |path: &Path, is_key| {
            fs::read(path).map_err(|source| CertificateError::Unreadable { path: path.to_owned(), source, is_key })
        };
        Ok(Self { cert: read(cert, false)?, key: read(key, true)?.into() })
    }

    /// The certificate with its intermediates and its key; `cert` and `key` are the names of the files.
    pub(super) fn parse(&self, cert: &Path, key: &Path) -> Result<CertifiedKey, CertificateError> {
        let (cert, key) = (cert.to_owned(), key.to_owned());
        let chain = CertificateDer::pem_slice_iter(&self.cert).collect::<Result<Vec<_>, _>>();
        let chain = match chain {
            Ok(chain) if chain.is_empty() => return Err(CertificateError::NoCertificate(cert)),
            Ok(chain) => chain,
            Err(error) => return Err(CertificateError::Invalid { path: cert, reason: error.to_string() }),
        };
        let text = String::from_utf8_lossy(&self.key);
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(CertificateError::EncryptedKey(key));
        }
        let Ok(private) = PrivateKeyDer::from_pem_slice(&self.key) else { return Err(CertificateError::NoKey(key)) };
        let signer = default_provider().key_provider.load_private_key(private);
        let signer = match signer {
            Ok(signer) => signer,
            Err(error) => return Err(CertificateError::UnsupportedKey { path: key, reason: error.to_string() }),
        };
        let certified = CertifiedKey::new(chain, signer);
        match certified.keys_match() {
            // A key that does not say which public key it belongs to is taken at its word.
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
            Err(Error::InconsistentKeys(_)) => Err(CertificateError::OtherKey { cert, key }),
            Err(error) => Err(CertificateError::Invalid { path: cert, reason: error.to_string() }),
        }
    }
}
