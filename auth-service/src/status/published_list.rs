//! A status list, built and signed.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use service_kit::Cacheable;
use shared::{
    UnixTime,
    status::{StatusBits, StatusList, StatusListClaims, StatusListMember, StatusListToken},
};

use super::{
    entry::uri,
    lists::{CAPACITY, ListRow},
};
use crate::keys::signing_key::{SigningError, SigningKey};

/// Why a list could not be built.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ListBuildError {
    /// A row that does not fit into the list.
    #[error("invalid entry {index} with the value {value}")]
    InvalidEntry {
        /// The entry's index.
        index: i64,
        /// Its value.
        value: i64,
    },
    /// gzip failed.
    #[error("compression failed")]
    Compression(#[source] Arc<io::Error>),
    /// Signing failed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// A status list, built and signed: the same bytes on every node, since they follow from the list's rows and the key.
pub struct PublishedList {
    row: ListRow,
    token: Arc<StatusListToken>,
    plain: Cacheable,
    /// Only if it is large enough to compress.
    gzip: Option<Cacheable>,
}

impl PublishedList {
    /// How long caches may keep a copy.
    pub const TTL: Duration = Duration::from_secs(2);
    /// How long a copy is valid while the issuer is unreachable. It is signed again every few minutes.
    const LIFE: Duration = Duration::from_hours(1);
    /// Smaller lists fit into one packet and are not compressed.
    const WORTH_GZIP: usize = 1400;

    /// The list with these entries, as index and value; all others are valid.
    ///
    /// # Errors
    /// [`ListBuildError`].
    pub fn build(issuer: &str, row: ListRow, entries: &[(i64, i64)], key: &SigningKey) -> Result<Self, ListBuildError> {
        // Always the full size, so that every token's entry is inside.
        let mut list = StatusList::new(StatusBits::Two, usize::try_from(CAPACITY).unwrap_or(usize::MAX));
        for &(index, value) in entries {
            let invalid = || ListBuildError::InvalidEntry { index, value };
            let (index, value) = (index.unsigned_abs(), u8::try_from(value).map_err(|_| invalid())?);
            list.set(index, value).map_err(|_| invalid())?;
        }
        let issued_at = UnixTime::from_seconds(row.changed_at);
        let expires_at = issued_at.plus(Self::LIFE);
        let token = Arc::new(StatusListToken { uri: uri(issuer, row.id), issued_at, expires_at, ttl: Self::TTL, list });
        Self::sign(issuer, row, token, key)
    }

    /// The same list, signed with another key.
    ///
    /// # Errors
    /// [`ListBuildError`].
    pub fn sign_again(&self, issuer: &str, key: &SigningKey) -> Result<Self, ListBuildError> {
        Self::sign(issuer, self.row, Arc::clone(&self.token), key)
    }

    fn sign(issuer: &str, row: ListRow, token: Arc<StatusListToken>, key: &SigningKey) -> Result<Self, ListBuildError> {
        let claims = StatusListClaims {
            iss: Some(issuer.to_owned()),
            sub: token.uri.clone(),
            iat: token.issued_at,
            exp: token.expires_at,
            ttl: Some(Self::TTL.as_secs()),
            status_list: StatusListMember::from(&token.list),
        };
        let jwt = key.sign_status_list(&claims)?.into_bytes();
        let gzip = (jwt.len() > Self::WORTH_GZIP).then(|| gzip(&jwt)).transpose();
        let gzip = gzip.map_err(|error| ListBuildError::Compression(Arc::new(error)))?;
        Ok(Self { row, token, plain: Cacheable::new(jwt), gzip: gzip.map(Cacheable::new) })
    }

    /// The row that it was built from.
    pub fn row(&self) -> &ListRow {
        &self.row
    }

    /// Its content, for this node's own verifier.
    pub fn token(&self) -> &Arc<StatusListToken> {
        &self.token
    }

    /// The response without content encoding.
    pub fn plain(&self) -> &Cacheable {
        &self.plain
    }

    /// The response with gzip, if that is shorter.
    pub fn gzip(&self) -> Option<&Cacheable> {
        self.gzip.as_ref()
    }
}

/// Without a time in it: the same bytes on every node.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
