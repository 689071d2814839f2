//! A status list, built and signed.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use service_kit::Cacheable;
use shared::{StatusBits, StatusList, StatusListClaims, StatusListMember, StatusListToken, UnixTime};

use super::{
    entry::uri,
    lists::{CAPACITY, ListRow},
};
use crate::keys::signing_key::{CannotSign, SigningKey};

/// A status list, built and signed: the same bytes on every node, since they follow from the list's rows and the key.
pub struct PublishedList {
    row: ListRow,
    token: Arc<StatusListToken>,
    plain: Cacheable,
    /// Only where it is worth the while.
    gzip: Option<Cacheable>,
}

impl PublishedList {
    /// For so long copies may be kept before the list is asked for again.
    pub const TTL: Duration = Duration::from_secs(2);
    /// For so long a copy counts at all, if the issuer does not answer. It is signed anew every few minutes.
    const LIFE: Duration = Duration::from_hours(1);
    /// What fits into one packet is sent as it is.
    const WORTH_GZIP: usize = 1400;

    /// The list with these entries, places and values; all others are valid.
    ///
    /// # Errors
    /// [`CannotSign`].
    pub fn build(issuer: &str, row: ListRow, entries: &[(i64, i64)], key: &SigningKey) -> Result<Self, CannotSign> {
        // Always with room for all: no token's entry is ever outside.
        let mut list = StatusList::new(StatusBits::Two, usize::try_from(CAPACITY).map_err(|_| CannotSign)?);
        for (idx, value) in entries {
            let (idx, value) = (idx.unsigned_abs(), u8::try_from(*value).map_err(|_| CannotSign)?);
            list.set(idx, value).map_err(|_| CannotSign)?;
        }
        let issued_at = UnixTime::from_seconds(row.changed_at);
        let expires_at = issued_at.plus(Self::LIFE);
        let token = Arc::new(StatusListToken { uri: uri(issuer, row.id), issued_at, expires_at, list });
        Self::sign(issuer, row, token, key)
    }

    /// The same list, signed with another key.
    ///
    /// # Errors
    /// [`CannotSign`].
    pub fn sign_anew(&self, issuer: &str, key: &SigningKey) -> Result<Self, CannotSign> {
        Self::sign(issuer, self.row, Arc::clone(&self.token), key)
    }

    fn sign(issuer: &str, row: ListRow, token: Arc<StatusListToken>, key: &SigningKey) -> Result<Self, CannotSign> {
        let claims = StatusListClaims {
            iss: Some(issuer.to_owned()),
            sub: token.uri.clone(),
            iat: token.issued_at,
            exp: token.expires_at,
            ttl: Some(Self::TTL.as_secs()),
            status_list: StatusListMember::from(&token.list),
        };
        let jwt = key.sign_status_list(&claims)?.into_bytes();
        let gzip = (jwt.len() > Self::WORTH_GZIP).then(|| gzip(&jwt)).transpose().map_err(|_| CannotSign)?;
        Ok(Self { row, token, plain: Cacheable::new(jwt), gzip: gzip.map(Cacheable::new) })
    }

    /// The row that it was built from.
    pub fn row(&self) -> &ListRow {
        &self.row
    }

    /// What it says, for this node's own verifier.
    pub fn token(&self) -> &Arc<StatusListToken> {
        &self.token
    }

    /// As it is sent to whoever takes no encoding.
    pub fn plain(&self) -> &Cacheable {
        &self.plain
    }

    /// As it is sent to whoever takes gzip, if that is shorter.
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
