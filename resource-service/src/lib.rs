//! Stateless replicas that verify access tokens and serve the protected routes: the model for a team's own service.

pub mod app;
pub mod config;

mod admin;
mod dashboard;
mod health;
mod index;
mod keys;
mod lookup;
mod profile;
mod revocation;
mod routes;

pub use app::App;
pub use config::Config;
