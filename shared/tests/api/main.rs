//! Tests of the public interface, over HTTP where there is HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics on failure"
)]

mod fake_issuer;
mod fuzzing;
mod support;

mod algorithms;
mod authorize;
mod bad_tokens;
mod custom_claims;
mod error_hook;
mod extractors;
mod issuer_lookup;
mod key_refresher;
mod key_sets;
mod limits_of_trust;
mod oidc;
mod resource_server;
mod rules;
mod scopes;
mod status_checks;
mod status_lists;
mod status_refresher;
mod token_cache;
mod token_client;
mod token_locations;
mod tutorial;
