//! Rules: the requirements of a route for verified tokens.

mod context;
mod error_hook;
mod has_role;
mod request_parts;
mod rule;
mod scope;
mod state;

pub use context::RuleContext;
pub(crate) use error_hook::ErrorHook;
pub use has_role::{HasRole, RoleName};
pub use request_parts::RequestParts;
pub use rule::{Access, Admin, AnyOf, Fresh, Rule};
pub use scope::{Scope, ScopeName, is_scope_token};
pub(crate) use state::RuleState;
