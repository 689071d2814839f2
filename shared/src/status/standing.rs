//! What a token's entry means for the request that it came with.

use super::{OnStale, StatusFound, StatusListCache, StatusPolicy, TokenStatus};
use crate::{
    claims::Claims,
    errors::{AuthError, Flaw},
    time::UnixTime,
};

/// How certain it is that a token has not been revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As of the last poll; or nobody wants to know.
    Current,
    /// As of a list too old to rely on.
    Stale,
}

impl Standing {
    /// What the lists say of a token, whatever its route makes of an old list.
    pub(crate) fn of(
        claims: &Claims,
        store: &StatusListCache,
        policy: &StatusPolicy,
        now: UnixTime,
    ) -> Result<Self, AuthError> {
        let Some(entry) = claims.status.as_ref().and_then(|status| status.status_list.as_ref()) else {
            return if policy.required { Err(AuthError::Invalid(Flaw::NoStatus)) } else { Ok(Self::Current) };
        };
        match store.find(entry, now) {
            StatusFound::Known { value, is_current } => match TokenStatus::from_value(value) {
                TokenStatus::Valid if is_current => Ok(Self::Current),
                TokenStatus::Valid => Ok(Self::Stale),
                TokenStatus::Revoked => Err(AuthError::Revoked),
                TokenStatus::ClaimsStale => Err(AuthError::ClaimsStale),
            },
            StatusFound::NoSuchEntry => Err(AuthError::Invalid(Flaw::NoSuchStatusEntry)),
            StatusFound::NoSuchList => Err(AuthError::Invalid(Flaw::UnknownStatusList)),
            StatusFound::Unavailable => Err(AuthError::StatusUnavailable),
        }
    }

    /// Whether that is sure enough.
    pub(crate) fn suffices(self, on_stale: impl FnOnce() -> OnStale) -> Result<(), AuthError> {
        if self == Self::Stale && on_stale() == OnStale::Closed { Err(AuthError::StatusUnavailable) } else { Ok(()) }
    }
}
