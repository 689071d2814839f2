//! Issuers and replicas that can be stopped independently.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may panic")]

mod services;
#[path = "../support/user_agent.rs"]
mod user_agent;

mod keys;
mod logins;
mod revocation;
mod token_kinds;
