//! The building blocks of a service, tested over HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod server;

mod envelope;
mod json_body;
mod listen;
mod log_lines;
mod settings;
mod slow_clients;
