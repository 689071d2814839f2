//! Status list tokens: signed status lists.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{InvalidStatusList, StatusBits, StatusList, StatusListForm};
use crate::{claims::Audience, compact_jws::CompactJws, errors::Flaw, json::from_object, time::UnixTime};

/// The header parameter `typ`; prefixed with `application/`, the media type of the response with the token.
pub const STATUS_LIST_TYPE: &str = "statuslist+jwt";

/// The media type of the response with a status list token.
pub const STATUS_LIST_MEDIA_TYPE: &str = "application/statuslist+jwt";

/// The claim `aud` of every status list: no service has this name, so none takes a list for a token that is meant for it.
pub const STATUS_LIST_AUDIENCE: &str = "status-list";

/// The claims of a status list token (draft-ietf-oauth-status-list, section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusListClaims {
    /// The issuer; optional in the draft. Lists with keys of their own do without: verifiers of access tokens look for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// [`STATUS_LIST_AUDIENCE`] for lists with keys of their own; others have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// The list's URI, identical to the `uri` in tokens.
    pub sub: String,
    /// When the list was issued.
    pub iat: UnixTime,
    /// The expiry: from this time on the list must not be used.
    pub exp: UnixTime,
    /// How long the list may be cached, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// The list.
    pub status_list: StatusListMember,
}

/// A status list in JSON (draft-ietf-oauth-status-list, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusListMember {
    /// The number of bits per entry.
    pub bits: StatusBits,
    /// The entries, as encoded by [`StatusList::lst`].
    pub lst: String,
}

/// A verified status list token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusListToken {
    /// The list's URI.
    pub uri: String,
    /// When the list was issued.
    pub issued_at: UnixTime,
    /// The expiry: from this time on the list must not be used.
    pub expires_at: UnixTime,
    /// How long the list may be cached.
    pub ttl: Duration,
    /// The list.
    pub list: StatusList,
}

/// Why a status list token is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStatusListToken {
    /// A flaw that any token can have.
    #[error("invalid token: {0:?}")]
    Flaw(Flaw),
    /// The issuer's keys are missing or stale.
    #[error("the issuer's keys are unavailable")]
    KeysUnavailable,
    /// `sub` is not the URI of the requested list.
    #[error("sub is the URI of another list")]
    Subject,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// The contained list is invalid.
    #[error("invalid list: {0}")]
    List(#[from] InvalidStatusList),
}

impl From<&StatusList> for StatusListMember {
    fn from(list: &StatusList) -> Self {
        Self { bits: list.bits(), lst: list.lst() }
    }
}

impl StatusListToken {
    /// Issuers sign even unchanged lists again at least this often.
    const MAX_AGE: Duration = Duration::from_mins(10);

    /// When the list becomes stale even if it is confirmed again: otherwise an attacker on the network could replay an old
    /// list until its `exp`. Issuers that sign less often than [`Self::MAX_AGE`] state so with `ttl`.
    pub(super) fn usable_until(&self, max_stale: Duration) -> UnixTime {
        let age = Self::MAX_AGE.max(self.ttl.saturating_mul(2));
        self.expires_at.min(self.issued_at.plus(age.saturating_add(max_stale)))
    }

    /// Maximum length of a status list token, in bytes.
    pub const MAX_LEN: usize = 512 * 1024;

    /// Verifies a token fetched from `uri` with the issuer's current keys (draft-ietf-oauth-status-list, section 8.3).
    ///
    /// # Errors
    /// [`InvalidStatusListToken`] if verification fails.
    pub fn verify(
        token: &str,
        uri: &str,
        form: StatusListForm<'_>,
        now: UnixTime,
    ) -> Result<Self, InvalidStatusListToken> {
        use InvalidStatusListToken as Invalid;

        let jws = CompactJws::parse_within(token, Self::MAX_LEN).map_err(Invalid::Flaw)?;
        jws.header.check(is_status_list_type).map_err(Invalid::Flaw)?;
        let (StatusListForm::OwnKeys(keys) | StatusListForm::AccessTokenKeys(keys)) = form;
        let key = keys
            .find(jws.header.kid.as_deref(), now)
            .map_err(|_| Invalid::KeysUnavailable)?
            .ok_or(Invalid::Flaw(Flaw::UnknownKey))?;
        jws.check_signature(&key).map_err(Invalid::Flaw)?;
        let claims: StatusListClaims =
            from_object(&jws.payload().map_err(Invalid::Flaw)?).map_err(|_| Invalid::Flaw(Flaw::Claims))?;
        if claims.sub != uri {
            return Err(Invalid::Subject);
        }
        let is_meant_as_list = || claims.aud.as_ref().is_some_and(|aud| aud.contains(STATUS_LIST_AUDIENCE));
        if matches!(form, StatusListForm::OwnKeys(_)) && !is_meant_as_list() {
            return Err(Invalid::Flaw(Flaw::Audience));
        }
        if claims.iss.is_some_and(|issuer| !is_below(uri, &issuer)) {
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

/// Whether a URI is below the issuer's URL: the URL, a slash, and more.
pub(crate) fn is_below(uri: &str, issuer: &str) -> bool {
    uri.strip_prefix(issuer.trim_end_matches('/')).is_some_and(|path| path.starts_with('/'))
}

/// Media types are case-insensitive.
fn is_status_list_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case(STATUS_LIST_TYPE) || typ.eq_ignore_ascii_case(STATUS_LIST_MEDIA_TYPE)
}
