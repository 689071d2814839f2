//! Clients: services with their own tokens.

pub mod authentication;
pub mod authenticator;
pub mod client_id;
pub mod client_secret;
pub mod client_token_issuer;
#[expect(clippy::module_inception, reason = "the use-case object has the name of its feature")]
pub mod clients;
pub mod error;
pub mod scopes;
pub mod store;
