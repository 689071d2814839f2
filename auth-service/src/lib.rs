//! Manages users and issues access tokens.

pub mod app;
#[doc(hidden)]
pub mod benchmarks;
pub mod config;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod page_samples;

mod administration;
mod api;
mod audit;
mod authority;
mod authorization;
mod backchannel;
mod background_tasks;
mod client_info;
mod clients;
mod commands;
mod core_dumps;
mod counters;
mod cross_origin;
mod db;
mod detached_headers;
mod form_encoding;
mod guessing;
mod health;
mod ids;
mod keys;
mod metrics;
mod no_store;
mod oauth;
mod openid;
mod own_account;
mod page;
mod pages;
mod panic_message;
mod playground;
mod random_text;
mod rate;
mod reload_loop;
mod routes;
mod schema;
mod services;
mod sessions;
mod status;
mod sweep;
mod times;
mod tokens;
mod transfer;
mod unit_of_work;
mod users;
mod verifiers;
mod write_check;

pub use app::App;
pub use clients::{kind::Kind as ClientKind, sent_registration::SentRegistration as ClientRegistration};
pub use commands::Arguments;
pub use config::{Companions, Config};
pub use core_dumps::disable_core_dumps;
