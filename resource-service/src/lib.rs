//! Stateless replicas that verify access tokens and serve the protected routes: the model for a team's own service.

pub mod app;
pub mod config;

mod admin;
mod auth;
mod dashboard;
mod index;
mod profile;
mod routes;

pub use app::App;
pub use config::Config;
