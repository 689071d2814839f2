//! Issuers and replicas that each can end by themselves.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

mod services;

mod keys;
mod revocation;
mod token_kinds;
