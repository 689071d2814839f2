//! A status list, built and signed.

use std::{io, sync::Arc, time::Duration};

use shared::{
    UnixTime,
    claims::Audience,
    status::{STATUS_LIST_AUDIENCE, StatusBits, StatusList, StatusListClaims, StatusListMember, StatusListToken},
};

use super::{
    entry::uri,
    list_signers::ListSigners,
    lists::{CAPACITY, ListRow},
    signed_list::SignedList,
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

/// A status list, built and signed: the same bytes on every node, since they follow from the list's rows and the keys.
pub struct PublishedList {
    row: ListRow,
    token: Arc<StatusListToken>,
    own_form: SignedList,
    /// As releases before the lists had keys of their own signed it.
    old_form: Option<SignedList>,
}

impl PublishedList {
    /// How long caches may keep a copy.
    pub const TTL: Duration = Duration::from_secs(2);
    /// How long a copy is valid while the issuer is unreachable. It is signed again every few minutes.
    const LIFE: Duration = Duration::from_hours(1);

    /// The list with these entries, as index and value; all others are valid.
    ///
    /// # Errors
    /// [`ListBuildError`].
    pub fn build(
        issuer: &str,
        row: ListRow,
        entries: &[(i64, i64)],
        signers: &ListSigners,
    ) -> Result<Self, ListBuildError> {
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
        Self::sign(issuer, row, token, signers)
    }

    /// The same list, signed with other keys.
    ///
    /// # Errors
    /// [`ListBuildError`].
    pub fn sign_again(&self, issuer: &str, signers: &ListSigners) -> Result<Self, ListBuildError> {
        Self::sign(issuer, self.row, Arc::clone(&self.token), signers)
    }

    fn sign(
        issuer: &str,
        row: ListRow,
        token: Arc<StatusListToken>,
        signers: &ListSigners,
    ) -> Result<Self, ListBuildError> {
        // Without an issuer, and for an audience that no service has: nobody is to take it for an access token.
        let claims = StatusListClaims {
            iss: None,
            aud: Some(Audience::One(STATUS_LIST_AUDIENCE.to_owned())),
            sub: token.uri.clone(),
            iat: token.issued_at,
            exp: token.expires_at,
            ttl: Some(Self::TTL.as_secs()),
            status_list: StatusListMember::from(&token.list),
        };
        let own_form = signed(&signers.own, &claims)?;
        let old_claims = StatusListClaims { iss: Some(issuer.to_owned()), aud: None, ..claims };
        let old_form = signers.of_access_tokens.as_ref().map(|key| signed(key, &old_claims)).transpose()?;
        Ok(Self { row, token, own_form, old_form })
    }

    /// The row that it was built from.
    pub fn row(&self) -> &ListRow {
        &self.row
    }

    /// Its content, for this node's own verifier.
    pub fn token(&self) -> &Arc<StatusListToken> {
        &self.token
    }

    /// The form with a key and an audience of its own.
    pub fn own_form(&self) -> &SignedList {
        &self.own_form
    }

    /// The form that passes as an access token, if it is served at all.
    pub fn old_form(&self) -> Option<&SignedList> {
        self.old_form.as_ref()
    }
}

fn signed(key: &SigningKey, claims: &StatusListClaims) -> Result<SignedList, ListBuildError> {
    SignedList::of(key.sign_status_list(claims)?).map_err(|error| ListBuildError::Compression(Arc::new(error)))
}
