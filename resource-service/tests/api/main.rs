//! Black-box tests of resource-service: over HTTP, and as a program.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod support;

mod api_description;
mod browser_rules;
mod causes;
mod commands;
mod cors;
mod doctor;
mod issuer;
mod metrics;
mod program;
mod protected;
mod revocation;
mod tls;
mod token_locations;
