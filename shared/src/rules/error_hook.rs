//! The service's own answers to refused requests.

use super::context::RuleContext;
use crate::errors::{AuthError, ErrorAnswer};

/// Chooses the answer to a refused request: `None` for this crate's own.
pub(crate) type ErrorHook = dyn Fn(&AuthError, &RuleContext<'_>) -> Option<ErrorAnswer> + Send + Sync;
