//! Who may do something, judged where it is done.

#[expect(clippy::module_inception, reason = "the type has the name of its feature")]
pub mod authority;
pub mod current_admin;
pub mod current_session;
pub mod recent_login;
pub mod signed_in;
pub mod store;
