//! Manages users and issues access tokens.

pub mod app;
#[doc(hidden)]
pub mod benchmarks;
pub mod config;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;

mod administration;
mod api;
mod audit;
mod authority;
mod background_tasks;
mod client_info;
mod clients;
mod commands;
mod core_dumps;
mod counters;
mod db;
mod detached_headers;
mod guessing;
mod health;
mod ids;
mod keys;
mod metadata;
mod metrics;
mod no_store;
mod oauth;
mod own_account;
mod page;
mod panic_message;
mod playground;
mod rate;
mod reload_loop;
mod routes;
mod schema;
mod services;
mod sessions;
mod status;
mod times;
mod tokens;
mod transfer;
mod unit_of_work;
mod users;
mod verifiers;
mod write_check;

pub use app::App;
pub use commands::Arguments;
pub use config::Config;
pub use core_dumps::disable_core_dumps;
