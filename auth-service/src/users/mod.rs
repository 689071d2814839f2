//! Users: who they are, how they prove it, and who may see them.

pub mod authentication;
pub mod change_password;
pub mod current_admin;
pub mod delete_me;
pub mod first_users;
pub mod hash_threads;
pub mod list;
pub mod lookup;
pub mod me;
pub mod password;
pub mod password_hasher;
pub mod recent_log_in;
pub mod register;
pub mod store;
pub mod username;
