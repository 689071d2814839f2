//! resource-service from outside: over HTTP, and as a program.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod support;

mod api_description;
mod issuer;
mod metrics;
mod program;
mod protected;
mod revocation;
mod token_locations;
