//! Limits on guessing that lock nobody out: see docs/security/guessing.md.

pub mod addresses;
pub mod budget;
#[cfg(test)]
mod budget_model;
pub mod device_token;
pub mod error;
pub mod guesses;
pub mod lane;
pub mod network;
pub mod sender;
pub mod store;
mod turns;
