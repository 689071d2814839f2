//! What users do with their own accounts.

pub mod change_password;
pub mod delete_me;
pub mod me;
pub mod recent_login;
