//! Invalid settings of a resource server.

use std::{io, path::PathBuf, time::Duration};

use super::http::InvalidUrl;
use crate::{issuer_name::InvalidIssuer, keys::InvalidKey};

/// Why a resource server cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The audience is empty.
    #[error("the audience is empty")]
    EmptyAudience,
    /// The leeway is too long: issuers keep a token's status for a minute after its `exp`, so that later a revoked token
    /// could be accepted.
    #[error("the leeway must not exceed {} s", max.as_secs())]
    Leeway {
        /// The maximum.
        max: Duration,
    },
    /// There is no issuer, so that no token could be accepted.
    #[error("no issuer is trusted")]
    NoIssuer,
    /// An issuer has no signature algorithm, so that no token could be accepted.
    #[error("no signature algorithm is enabled for the issuer {0}")]
    NoAlgorithm(String),
    /// An issuer is configured twice.
    #[error("the issuer {0} is listed twice")]
    DuplicateIssuer(String),
    /// An issuer's name is invalid.
    #[error("invalid issuer {issuer:?}: {problem}")]
    Issuer {
        /// The name; empty if it may hold a password.
        issuer: String,
        /// What is wrong with it.
        problem: InvalidIssuer,
    },
    /// A URL is invalid or not allowed.
    #[error("invalid URL for the {document}: {source}")]
    Url {
        /// The document at the URL.
        document: IssuerDocument,
        /// Whether the URL is that of [`Issuer::fetch_from`](super::Issuer::fetch_from), not the issuer's name.
        fetched_elsewhere: bool,
        /// What is wrong with it.
        source: InvalidUrl,
    },
    /// The configured public key is invalid.
    #[error("invalid public key: {0}")]
    PublicKey(#[from] InvalidKey),
    /// An interval is zero or too long.
    #[error("invalid {setting}: must be more than zero and at most {} days", max.as_secs() / 86_400)]
    Interval {
        /// The interval.
        setting: IssuerInterval,
        /// The maximum.
        max: Duration,
    },
    /// The URL of an application that logs users in is invalid.
    #[error("invalid public URL: {0}")]
    PublicUrl(&'static str),
    /// The client id of an application that logs users in is empty.
    #[error("the client id is empty")]
    EmptyClientId,
    /// A page of the application is not a path of its own.
    #[error("{0:?} is not a path that begins with a single slash")]
    LocalPath(String),
    /// The lifetime of sessions is zero or too long.
    #[error("invalid lifetime of sessions: must be more than zero and at most {} days", max.as_secs() / 86_400)]
    SessionTtl {
        /// The maximum.
        max: Duration,
    },
    /// The operating system gives no random numbers.
    #[error("there are no random numbers")]
    NoRandomness,
    /// TLS is unavailable, for example because this machine has no root certificates.
    #[error("TLS is not available: {0}")]
    Tls(#[from] reqwest::Error),
    /// The directory for disk copies cannot be used.
    #[error("cannot use the cache directory {}: {source}", path.display())]
    CacheDir {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// A document of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerDocument {
    /// The metadata (RFC 8414).
    Metadata,
    /// The JWK set at a configured URL.
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

/// An interval of an [`Issuer`](super::Issuer).
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
