//! Claim types and the actix-web verifier for services that take the tokens of `auth-service`.
//!
//! A token in a handler's arguments protects the handler:
//!
//! ```
//! use actix_web::{Responder, web::Json};
//! use serde_json::json;
//! use shared::{Admin, CurrentUser, Jwt, MaybeJwt};
//!
//! async fn dashboard(user: CurrentUser) -> impl Responder {
//!     Json(json!({ "user_id": user.id, "username": user.username, "role": user.role }))
//! }
//!
//! async fn admin(jwt: Jwt<Admin>) -> impl Responder {
//!     Json(json!({ "admin_user": jwt.identity() }))
//! }
//!
//! async fn greeting(jwt: MaybeJwt) -> String {
//!     jwt.into_inner().map_or("Hello!".to_owned(), |jwt| format!("Hello, {}!", jwt.identity()))
//! }
//! ```
//!
//! # Flask-JWT-Extended -> here
//!
//! | Flask-JWT-Extended | here |
//! | --- | --- |
//! | `JWTManager(app)` | `ResourceServer::builder(audience).issuer(Issuer::discover(url)).start()`, then `.configure(auth.app())` |
//! | `@jwt_required()` | [`Jwt`] among the handler's arguments |
//! | `@jwt_required(optional=True)` | [`MaybeJwt`] |
//! | `@jwt_required(fresh=True)` | [`Jwt`]`<`[`Fresh`]`>` |
//! | `current_user` | [`CurrentUser`] |
//! | `get_jwt_identity()` | [`Jwt::identity`] |
//! | `get_jwt()` | [`Jwt::claims`]; further claims with [`Claims::other`] |
//! | `get_jwt()["role"] != "admin"` | [`Jwt`]`<`[`Admin`]`>`, `Jwt<`[`HasRole`]`<Editor>>` with [`role!`], or your own [`Rule`] |
//! | a check for all routes of a blueprint | [`require`]`::<Admin>()` around a scope |
//! | `"reports:write" in get_jwt()["scope"]` | [`Jwt`]`<`[`Scope`]`<ReportsWrite>>`, with [`scope!`] |
//! | `@jwt.user_lookup_loader` | [`UserLookup`], put in with `ResourceServerBuilder::user_lookup` |
//! | `JWT_TOKEN_LOCATION` | `ResourceServerBuilder::token_locations` |
//! | `JWT_PUBLIC_KEY` | `client::Issuer::public_key`; better, the issuer's JWKS, which is the default |
//! | `@jwt.token_in_blocklist_loader` | status lists, on by default: no call per request |
//! | `JWT_DECODE_LEEWAY` | `ResourceServerBuilder::leeway` |
//! | `JWT_DECODE_AUDIENCE`, `JWT_DECODE_ISSUER` | `ResourceServer::builder(audience)`, `Issuer::discover(name)`: required here |
//!
//! # Features
//!
//! - `actix` (default): extractors, middleware and responses for actix-web. The rest of the crate knows no web framework.
//! - `client` (default): [`ResourceServer`]: the issuer's keys, status lists and users fetched over HTTP (reqwest), and tokens of one's own for calls of
//!   other services.
//! - `testing`: a fixed key and tokens signed with it, for a team's own tests.

#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(not(feature = "actix"), expect(dead_code, reason = "what the extractors of a web framework call"))]

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "testing")]
pub mod testing;

mod authorization;
mod bearer;
mod claims;
mod claims_builder;
mod compact_jws;
mod counts;
mod custom_claims;
mod error;
mod error_answer;
mod error_body;
mod flaw;
mod has_role;
mod jitter;
mod keys;
mod misses;
mod refresh_stats;
mod request_parts;
#[cfg(feature = "client")]
mod resource_server;
mod role;
mod rule;
mod rule_context;
mod rule_state;
mod scope;
mod secret;
mod status;
mod strict_json;
mod supervisor;
mod time;
mod token_cache;
mod token_location;
mod trusted_issuer;
mod user_lookup;
mod verification;
mod verified_token;
mod verifier;

#[cfg(feature = "actix")]
pub use actix::{
    CurrentUser, Jwt, MaybeJwt, Require, Required, bearer_token, read_token_from_json, require, user_lookup,
};
pub use bearer::parse_bearer;
pub use claims::{Audience, Claims, Status, StatusEntry, TokenType};
pub use claims_builder::ClaimsBuilder;
pub use compact_jws::MAX_TOKEN_LEN;
pub use counts::VerificationCounts;
pub use custom_claims::{CustomClaims, NoCustomClaims};
pub use error::AuthError;
pub use error_answer::ErrorAnswer;
pub use error_body::ErrorBody;
pub use flaw::Flaw;
pub use has_role::{HasRole, RoleName};
pub use jitter::jittered;
pub use keys::{InvalidKey, InvalidKeySet, JwksCache, KeySet, NotCurrent, PublicKey};
pub use refresh_stats::RefreshStats;
pub use request_parts::RequestParts;
#[cfg(feature = "client")]
pub use resource_server::{ResourceServer, ResourceServerBuilder};
pub use role::{InvalidRole, Role};
pub use rule::{Access, Admin, AnyOf, Fresh, Rule};
pub use rule_context::RuleContext;
pub use scope::{Scope, ScopeName, is_scope_token};
pub use secret::Secret;
pub use status::{
    InvalidStatusList, InvalidStatusListToken, NoSuchEntry, OnStale, STATUS_LIST_TYPE, StatusBits, StatusFound,
    StatusList, StatusListCache, StatusListClaims, StatusListMember, StatusListToken, StatusPolicy, TokenStatus,
};
pub use strict_json::{JsonObject, from_object};
pub use supervisor::{Heartbeat, SupervisedTask, TaskHealth};
pub use time::UnixTime;
pub use token_cache::TokenCache;
pub use token_location::{InvalidTokenLocations, TokenLocation, TokenLocations};
pub use trusted_issuer::TrustedIssuer;
pub use user_lookup::{ClaimsLookup, User, UserLookup, UserLookupFuture};
pub use verified_token::VerifiedToken;
pub use verifier::TokenVerifier;

/// The request header in which a verifier tells the issuer its instance name when it asks for keys.
pub const VERIFIER_HEADER: &str = "X-Verifier-Instance";
