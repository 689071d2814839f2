//! Stateless replicas that verify access tokens and serve the protected routes: a template for your own service.

pub mod app;
pub mod config;

mod admin;
mod api;
mod auth;
mod commands;
mod dashboard;
mod index;
mod profile;
mod routes;

pub use app::App;
pub use commands::Arguments;
pub use config::Config;
