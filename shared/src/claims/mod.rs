//! The claims of access tokens.

mod builder;
mod claim_set;
mod custom;
mod role;

pub use builder::ClaimsBuilder;
pub use claim_set::{Audience, Claims, Status, StatusEntry, TokenType};
pub use custom::{CustomClaims, NoCustomClaims};
pub use role::{InvalidRole, Role};
