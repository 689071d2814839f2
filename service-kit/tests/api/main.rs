//! The building blocks of a service, tried over HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on shall stop")]

mod answer;
mod server;

mod envelope;
mod json_body;
mod log_lines;
mod settings;
