//! What a rule can use besides the claims.

use super::{request_parts::RequestParts, state::RuleState};
use crate::{errors::AuthError, time::UnixTime};

/// What a [`Rule`](crate::Rule) can use besides the claims: the time, the request and the service's state.
pub struct RuleContext<'a> {
    pub(crate) now: UnixTime,
    pub(crate) request: &'a dyn RequestParts,
    pub(crate) state: &'a RuleState,
}

impl<'a> RuleContext<'a> {
    /// The time of the check.
    pub fn now(&self) -> UnixTime {
        self.now
    }

    /// The request.
    pub fn request(&self) -> &'a dyn RequestParts {
        self.request
    }

    /// The value of this type that was passed to `ResourceServerBuilder::rule_state`.
    ///
    /// # Errors
    /// [`AuthError::NotConfigured`] (500) if there is none.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&'a T, AuthError> {
        self.state.get().ok_or(AuthError::NotConfigured(std::any::type_name::<T>()))
    }
}
