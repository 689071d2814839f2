//! Black-box tests of auth-service on SQLite and PostgreSQL: over HTTP, from the command line, and by its database.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

#[macro_use]
mod support;

mod account;
mod administration;
mod api_description;
mod audit;
mod authority;
mod authorization;
mod backchannel;
mod background_tasks;
mod bad_input;
mod browser_rules;
mod busy;
mod client_kinds;
mod client_routes;
mod clients;
mod commands;
mod commits;
mod cross_origin;
mod databases;
mod deployment;
mod effects;
mod guessing;
mod health;
mod jwks;
mod keys;
mod login;
mod me;
mod memory;
mod metrics;
mod oauth;
mod oidcc;
mod openid;
mod pages;
mod password_policy;
mod playground;
mod program;
mod refresh;
mod register;
mod sessions;
mod start_up;
mod status_lists;
mod sweep;
mod tls;
mod token_client;
mod token_kinds;
mod user_commands;
mod users;
