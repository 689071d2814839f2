//! Clients: services with their own tokens, and applications that log users in.

pub mod api;
pub mod authentication;
pub mod authenticator;
pub mod backchannel_uri;
mod changes;
pub mod client_file;
pub mod client_id;
pub mod client_origins;
pub mod client_plan;
pub mod client_secret;
pub mod client_token_issuer;
pub mod client_view;
#[expect(clippy::module_inception, reason = "the use-case object has the name of its feature")]
pub mod clients;
pub mod create;
pub mod delete;
pub mod error;
pub mod issue_secret;
pub mod issued_secret;
pub mod kind;
pub mod list;
pub mod redirect_uri;
pub mod registered;
pub mod registered_client;
pub mod registration;
pub mod replace;
pub mod scopes;
pub mod sent_registration;
pub mod show;
pub mod store;
mod web_uri;
