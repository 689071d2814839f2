//! Sessions end to end: what is taken back, and which token stands for what.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

mod logged_in;
mod revocation;
#[path = "../support/mod.rs"]
mod support;
mod token_kinds;
