//! What a rule may look at beside the claims.

use super::{request_parts::RequestParts, state::RuleState};
use crate::{errors::AuthError, time::UnixTime};

/// What a [`Rule`](crate::Rule) may look at beside the claims: the time, the request, and the service's own state.
pub struct RuleContext<'a> {
    pub(crate) now: UnixTime,
    pub(crate) request: &'a dyn RequestParts,
    pub(crate) state: &'a RuleState,
}

impl<'a> RuleContext<'a> {
    /// The time at which the request is judged.
    pub fn now(&self) -> UnixTime {
        self.now
    }

    /// The request.
    pub fn request(&self) -> &'a dyn RequestParts {
        self.request
    }

    /// What the service gave to `ResourceServerBuilder::rule_state`.
    ///
    /// # Errors
    /// [`AuthError::NotConfigured`], a 500, if it gave nothing of this type.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&'a T, AuthError> {
        self.state.get().ok_or(AuthError::NotConfigured(std::any::type_name::<T>()))
    }
}
