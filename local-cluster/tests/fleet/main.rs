//! Issuers and replicas that can be stopped independently.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

mod services;

mod keys;
mod revocation;
mod token_kinds;
