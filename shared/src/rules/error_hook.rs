//! Custom responses to rejected requests.

use super::context::RuleContext;
use crate::errors::{AuthError, CustomResponse};

/// Returns the response to a rejected request, or `None` for the default one.
pub(crate) type ErrorHook = dyn Fn(&AuthError, &RuleContext<'_>) -> Option<CustomResponse> + Send + Sync;
