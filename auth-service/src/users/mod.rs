//! Users, registration and passwords.

pub mod api;
#[cfg(test)]
mod argon2_comparison;
pub mod argon2_engine;
pub mod argon2_hash;
pub mod argon2id;
pub mod authentication;
pub mod breach_list;
pub mod common_passwords;
pub mod email_address;
pub mod error;
pub mod first_users;
pub mod foreign;
pub mod hash_queue;
pub mod hash_threads;
pub mod look_alike;
pub mod lookup;
pub mod password;
pub mod password_hasher;
pub mod password_policy;
pub mod register;
pub mod registration;
pub mod sample_users;
pub mod skeletons;
pub mod store;
pub mod stored_hash;
pub mod stored_hash_error;
pub mod username;
#[expect(clippy::module_inception, reason = "the use-case object has the name of its feature")]
pub mod users;
pub mod verification;
