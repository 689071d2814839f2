//! Routes for the user's own account.

pub mod change_password;
pub mod delete_me;
pub mod me;
