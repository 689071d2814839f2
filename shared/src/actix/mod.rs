//! actix-web: extractors, middleware and responses.

#[cfg(feature = "client")]
mod app;
mod current_user;
mod error_response;
mod jwt;
mod request_parts;
mod require;
mod token_from_json;
mod token_search;

pub use current_user::{CurrentUser, user_lookup};
pub use jwt::{Jwt, MaybeJwt};
pub use require::{Require, Required, require};
pub use token_from_json::read_token_from_json;
pub use token_search::bearer_token;
