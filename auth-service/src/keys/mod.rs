//! Signing keys: generation, publication, rotation, withdrawal.

pub mod api;
pub mod error;
pub mod jwks;
pub mod key_ceremony;
mod key_changes;
#[cfg(test)]
pub mod key_fixtures;
pub mod key_keeper;
pub mod key_ring;
pub mod key_safe;
pub mod key_set_history;
pub mod key_times;
pub mod key_tx;
#[cfg(test)]
mod life_model;
pub mod list;
pub mod list_jwks;
pub mod managed_keys;
pub mod master_key;
pub mod open_error;
pub mod private_key_pem;
pub mod reload;
pub mod report;
pub mod rotate;
pub mod rotation;
pub mod sealed;
pub mod secret_store;
pub mod shared_secret;
pub mod signing_key;
pub mod store;
pub mod timed_key;
pub mod withdraw;
