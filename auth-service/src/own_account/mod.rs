//! Routes for the user's own account.

pub mod api;
pub mod change_password;
pub mod delete_me;
pub mod me;
#[expect(clippy::module_inception, reason = "the use-case object has the name of its feature")]
pub mod own_account;
