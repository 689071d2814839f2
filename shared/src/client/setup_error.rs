//! Why a resource server cannot be built.

use std::{io, path::PathBuf, time::Duration};

use super::{http::InvalidUrl, issuer_name::InvalidIssuer};
use crate::keys::InvalidKey;

/// Why a resource server cannot be built: settings that can never work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Tokens must be for somebody.
    #[error("the audience is empty")]
    EmptyAudience,
    /// The issuer keeps the status of a token for a minute after its `exp`; afterwards a revoked token would be accepted.
    #[error("the leeway is longer than {} s", max.as_secs())]
    Leeway {
        /// The longest.
        max: Duration,
    },
    /// No token could be accepted.
    #[error("no issuer is trusted")]
    NoIssuer,
    /// Two sets of keys and policies for the same tokens.
    #[error("the issuer {0} is listed twice")]
    DuplicateIssuer(String),
    /// No token can carry this name.
    #[error("invalid issuer {issuer:?}: {problem}")]
    Issuer {
        /// The name.
        issuer: String,
        /// What is wrong with it.
        problem: InvalidIssuer,
    },
    /// An address from which nothing may be fetched.
    #[error("invalid URL of the {document}: {source}")]
    Url {
        /// What would be fetched.
        document: IssuerDocument,
        /// Whether the address is that of [`Issuer::fetch_from`](super::Issuer::fetch_from), and not the issuer's name.
        fetched_elsewhere: bool,
        /// What is wrong with it.
        source: InvalidUrl,
    },
    /// The key from configuration is unusable.
    #[error("invalid public key: {0}")]
    PublicKey(#[from] InvalidKey),
    /// A time span of zero, or one beyond all use.
    #[error("invalid {setting}: must be more than zero and at most {} days", max.as_secs() / 86_400)]
    Interval {
        /// Which one.
        setting: IssuerInterval,
        /// The longest.
        max: Duration,
    },
    /// TLS is not possible: this machine has no root certificates.
    #[error("no TLS: {0}")]
    Tls(#[from] reqwest::Error),
    /// The folder for disk copies cannot be used.
    #[error("cannot use the cache directory {}: {source}", path.display())]
    CacheDir {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What is fetched from an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerDocument {
    /// Its metadata (RFC 8414), and by it all else.
    Metadata,
    /// Its JWK set, at an address from configuration.
    Jwks,
}

impl std::fmt::Display for IssuerDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Metadata => "issuer's metadata",
            Self::Jwks => "JWK set",
        })
    }
}

/// A time span of an [`Issuer`](super::Issuer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerInterval {
    /// [`Issuer::refresh_keys_every`](super::Issuer::refresh_keys_every).
    KeyRefresh,
    /// [`Issuer::trust_keys_for`](super::Issuer::trust_keys_for).
    KeyMaxStale,
    /// [`Issuer::poll_status_every`](super::Issuer::poll_status_every).
    StatusPoll,
    /// [`Issuer::trust_status_for`](super::Issuer::trust_status_for).
    StatusMaxStale,
}

impl std::fmt::Display for IssuerInterval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::KeyRefresh => "interval of key refreshes",
            Self::KeyMaxStale => "maximum age of keys",
            Self::StatusPoll => "interval of status list polls",
            Self::StatusMaxStale => "maximum age of status lists",
        })
    }
}
