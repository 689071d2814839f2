#![doc = include_str!("../README.md")]
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(not(feature = "actix"), expect(dead_code, reason = "what the extractors of a web framework call"))]

#[cfg(feature = "actix")]
pub mod actix;
pub mod claims;
#[cfg(feature = "client")]
pub mod client;
pub mod errors;
pub mod json;
pub mod keys;
#[cfg(feature = "oidc")]
pub mod oidc;
pub mod pem;
pub mod rules;
pub mod status;
pub mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
pub mod users;
pub mod verifier;

#[cfg(all(feature = "actix", feature = "client"))]
mod app_data;
mod compact_jws;
#[cfg(feature = "issuer-name")]
mod issuer_name;
mod jose_header;
#[cfg(feature = "client")]
mod resource_server;
mod secret;
mod time;
mod token_location;

#[cfg(feature = "actix")]
pub use actix::{CurrentUser, Jwt, MaybeJwt, require};
pub use claims::{Claims, Role};
pub use errors::{AuthError, CustomResponse};
#[cfg(feature = "issuer-name")]
pub use issuer_name::{InvalidIssuer, check_issuer_name};
#[cfg(feature = "client")]
pub use resource_server::{ResourceServer, ResourceServerBuilder};
pub use rules::{Access, Admin, AnyOf, Fresh, HasRole, Rule, RuleContext, Scope};
pub use secret::Secret;
pub use time::UnixTime;
pub use users::{User, UserLookup};
pub use verifier::TokenVerifier;
