//! A status list as the issuer signs and publishes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{InvalidStatusList, StatusBits, StatusList};
use crate::{compact_jws::CompactJws, errors::Flaw, json::from_object, keys::JwksCache, time::UnixTime};

/// The header's `typ`, and with `application/` before it the media type of the answer that holds the token.
pub const STATUS_LIST_TYPE: &str = "statuslist+jwt";

/// What a status list token says (draft-ietf-oauth-status-list, section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusListClaims {
    /// Who signed it. The draft has no need of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The list's URI, an exact match with the one in tokens.
    pub sub: String,
    /// When the list was as it says.
    pub iat: UnixTime,
    /// From when on it must no longer be used.
    pub exp: UnixTime,
    /// How many seconds a copy may be kept before it is looked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// The list itself.
    pub status_list: StatusListMember,
}

/// A status list in JSON (draft-ietf-oauth-status-list, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusListMember {
    /// How many bits an entry has.
    pub bits: StatusBits,
    /// The entries, as [`StatusList::lst`] makes it.
    pub lst: String,
}

/// A status list token that its issuer has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusListToken {
    /// The list's address.
    pub uri: String,
    /// When the list was as it says.
    pub issued_at: UnixTime,
    /// From when on it must no longer be used.
    pub expires_at: UnixTime,
    /// How long a copy may be kept before it is looked for again.
    pub ttl: Duration,
    /// The list itself.
    pub list: StatusList,
}

/// Why something is not the status list token that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStatusListToken {
    /// What could be wrong with any token.
    #[error("as a token it is flawed: {0:?}")]
    Flaw(Flaw),
    /// There are no keys to check it with, or none young enough.
    #[error("the issuer's keys are unavailable")]
    KeysUnavailable,
    /// `sub` is another list than the one asked for.
    #[error("it is another list")]
    Subject,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// It contains an invalid list.
    #[error("the list in it cannot be read: {0}")]
    List(#[from] InvalidStatusList),
}

impl From<&StatusList> for StatusListMember {
    fn from(list: &StatusList) -> Self {
        Self { bits: list.bits(), lst: list.lst() }
    }
}

impl StatusListToken {
    /// How often an issuer signs a list again that has not changed, at least: its copies are not much older.
    const MAX_AGE: Duration = Duration::from_mins(10);

    /// When the list is too old to rely on, whoever confirms it: otherwise somebody on the way could repeat an old list until
    /// its `exp`. `ttl` is the issuer's word for lists that it signs less often.
    pub(super) fn usable_until(&self, max_stale: Duration) -> UnixTime {
        let age = Self::MAX_AGE.max(self.ttl.saturating_mul(2));
        self.expires_at.min(self.issued_at.plus(age.saturating_add(max_stale)))
    }

    /// The longest status list token that is read, in bytes.
    pub const MAX_LEN: usize = 512 * 1024;

    /// Reads the token that was fetched at `uri`, if the key that it names is one of the issuer's now and has signed it
    /// (draft-ietf-oauth-status-list, section 8.3).
    ///
    /// # Errors
    /// [`InvalidStatusListToken`], which says what is wrong.
    pub fn verify(token: &str, uri: &str, keys: &JwksCache, now: UnixTime) -> Result<Self, InvalidStatusListToken> {
        use InvalidStatusListToken as Invalid;

        let jws = CompactJws::parse_within(token, Self::MAX_LEN).map_err(Invalid::Flaw)?;
        jws.header.check(is_status_list_type).map_err(Invalid::Flaw)?;
        let key = keys
            .find(jws.header.kid.as_deref(), now)
            .map_err(|_| Invalid::KeysUnavailable)?
            .ok_or(Invalid::Flaw(Flaw::UnknownKey))?;
        if !key.has_signed(jws.signing_input, &jws.signature) {
            return Err(Invalid::Flaw(Flaw::Signature));
        }
        let claims: StatusListClaims = from_object(&jws.payload).map_err(|_| Invalid::Flaw(Flaw::Claims))?;
        if claims.sub != uri {
            return Err(Invalid::Subject);
        }
        if claims.iss.is_some_and(|issuer| !is_beneath(uri, &issuer)) {
            return Err(Invalid::Flaw(Flaw::Issuer));
        }
        if now >= claims.exp {
            return Err(Invalid::Expired);
        }
        let list = StatusList::from_lst(claims.status_list.bits, &claims.status_list.lst)?;
        let ttl = Duration::from_secs(claims.ttl.unwrap_or(0));
        Ok(Self { uri: claims.sub, issued_at: claims.iat, expires_at: claims.exp, ttl, list })
    }
}

/// Whether an address is one of that issuer's: its name, a slash, and more.
pub(crate) fn is_beneath(uri: &str, issuer: &str) -> bool {
    uri.strip_prefix(issuer.trim_end_matches('/')).is_some_and(|path| path.starts_with('/'))
}

/// Media types are compared without regard to case.
fn is_status_list_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case(STATUS_LIST_TYPE) || typ.eq_ignore_ascii_case("application/statuslist+jwt")
}
