//! Owns the users and signs their access tokens.

pub mod app;
#[doc(hidden)]
pub mod benchmarks;
pub mod config;

mod administration;
mod audit;
mod clients;
mod commands;
mod counters;
mod db;
mod health;
mod keys;
mod metadata;
mod metrics;
mod no_store;
mod oauth;
mod origin;
mod own_account;
mod routes;
mod schema;
mod sessions;
mod status;
mod tokens;
mod users;
mod verifiers;

pub use app::App;
pub use commands::Arguments;
pub use config::Config;
