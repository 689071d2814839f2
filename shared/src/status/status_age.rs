//! Checks a token's status.

use super::{OnStale, StatusCheck, StatusFound, TokenStatus, ValidIn};
use crate::{
    claims::Claims,
    errors::{AuthError, Flaw},
    time::UnixTime,
};

/// How recent the information is that a token has not been revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusAge {
    /// From a current list; or the token has no status and none is required.
    Current,
    /// From a stale list.
    Stale,
}

impl StatusAge {
    /// The token's status, before the route's policy for stale lists is applied.
    pub(crate) fn of(
        claims: &Claims,
        valid_in: &ValidIn,
        check: &StatusCheck,
        now: UnixTime,
    ) -> Result<Self, AuthError> {
        let Some(entry) = claims.status.as_ref().and_then(|status| status.status_list.as_ref()) else {
            return if check.policy.required { Err(AuthError::Invalid(Flaw::NoStatus)) } else { Ok(Self::Current) };
        };
        // Read before the lists: lists that are replaced meanwhile have another generation.
        let generation = check.lists.generation();
        if valid_in.is(generation) && check.lists.are_all_current(now) {
            return Ok(Self::Current);
        }
        match check.lists.find(entry, now) {
            StatusFound::Known { value, is_current } => match TokenStatus::from_value(value) {
                TokenStatus::Valid if is_current => {
                    valid_in.set(generation);
                    Ok(Self::Current)
                }
                TokenStatus::Valid => Ok(Self::Stale),
                TokenStatus::Revoked => Err(AuthError::Revoked),
                TokenStatus::ClaimsStale => Err(AuthError::ClaimsStale),
            },
            StatusFound::NoSuchEntry => Err(AuthError::Invalid(Flaw::NoSuchStatusEntry)),
            StatusFound::NoSuchList => Err(AuthError::Invalid(Flaw::UnknownStatusList)),
            StatusFound::Unavailable => Err(AuthError::StatusUnavailable),
        }
    }

    /// Applies the policy for stale lists.
    pub(crate) fn check_policy(self, on_stale: impl FnOnce() -> OnStale) -> Result<(), AuthError> {
        if self == Self::Stale && on_stale() == OnStale::Closed { Err(AuthError::StatusUnavailable) } else { Ok(()) }
    }
}
