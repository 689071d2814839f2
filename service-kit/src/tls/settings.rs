//! Settings of TLS.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde::{Deserialize, Serialize};

use super::{Tls, certificate::CertificateError};
use crate::{settings::SettingsSpec, start_error::StartError};

/// Environment: `AUTH__TLS__CERT`, `AUTH__TLS__KEY`; `RESOURCE__TLS__…` likewise.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file with the service's certificate and those of intermediate authorities: the service then speaks TLS instead of
    /// plain HTTP. Reloaded when it changes. Default: none.
    pub cert: Option<PathBuf>,
    /// PEM file with the certificate's private key; set both or neither. Reloaded when it changes. Default: none.
    pub key: Option<PathBuf>,
}

impl TlsConfig {
    /// Whether the service speaks TLS.
    pub fn is_set(&self) -> bool {
        self.cert.is_some() || self.key.is_some()
    }

    /// How long browsers may use TLS only: what the settings say, or a year for a service that speaks TLS itself.
    pub fn transport_security(&self, hsts_secs: Option<u64>) -> Duration {
        const YEAR: Duration = Duration::from_hours(365 * 24);
        match hsts_secs {
            Some(secs) => Duration::from_secs(secs),
            None if self.is_set() => YEAR,
            None => Duration::ZERO,
        }
    }
}

impl SettingsSpec {
    /// TLS with the certificate in the files of `tls`, if there is one.
    ///
    /// # Errors
    /// [`StartError`] for a file that is missing or unusable, or a key of another certificate.
    pub fn tls(&self, tls: &TlsConfig) -> Result<Option<Tls>, StartError> {
        let (cert, key) = match (&tls.cert, &tls.key) {
            (Some(cert), Some(key)) => (cert.clone(), key.clone()),
            (None, None) => return Ok(None),
            (missing, _) => {
                let missing = if missing.is_none() { "tls.cert" } else { "tls.key" };
                let remedy =
                    format!("Set both {} and {}, or neither.", self.variable("tls.cert"), self.variable("tls.key"));
                return Err(StartError::new(self.variable(missing), "it is not set, but the other one is", remedy));
            }
        };
        Tls::open(cert, key).map(Some).map_err(|error| {
            let setting = if error.is_about_key() { "tls.key" } else { "tls.cert" };
            StartError::new(self.variable(setting), error.to_string(), remedy(&error))
        })
    }
}

impl SettingsSpec {
    /// The certificates of an authority in the file at `path`, in PEM.
    ///
    /// # Errors
    /// [`StartError`] for a file that cannot be read or has none.
    pub fn authority(&self, key: &str, path: &Path) -> Result<String, StartError> {
        let refused = |problem: String| {
            StartError::new(
                self.variable(key),
                problem,
                "Set it to a file with the certificates of the authority in PEM.",
            )
        };
        let shown = path.display();
        let pem = fs::read_to_string(path).map_err(|error| refused(format!("cannot read {shown}: {error}")))?;
        match CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>() {
            Ok(certificates) if !certificates.is_empty() => Ok(pem),
            Ok(_) => Err(refused(format!("there is no certificate in {shown}"))),
            Err(error) => Err(refused(format!("a certificate in {shown} is invalid: {error}"))),
        }
    }
}

fn remedy(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Unreadable { .. } => "Set it to a PEM file that this user can read.",
        CertificateError::NoCertificate(_) | CertificateError::Invalid { .. } => {
            "Set it to the certificate in PEM, followed by those of the intermediate authorities."
        }
        CertificateError::NoKey(_) | CertificateError::UnsupportedKey { .. } => {
            "Set it to an unencrypted RSA, ECDSA or Ed25519 private key in PEM."
        }
        CertificateError::EncryptedKey(_) => "Decrypt it: openssl pkey -in ENCRYPTED -out KEY.",
        CertificateError::OtherKey { .. } => "Set certificate and key to files of the same pair.",
    }
}
