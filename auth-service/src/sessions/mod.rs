//! Sessions: one for each login, from the password to the last refresh.

pub mod api;
pub mod browser_login;
pub mod end;
pub mod error;
pub mod granted;
pub mod lifetimes;
pub mod list;
pub mod login;
pub mod logins;
pub mod logout;
pub mod logout_all;
pub mod logout_notices;
mod logouts;
pub mod position;
pub mod reauthenticate;
mod redemption;
pub mod refresh;
#[cfg(test)]
mod refresh_model;
pub mod refresh_token;
pub mod revocation;
pub mod sent_refresh_token;
pub mod sent_session;
pub mod session;
pub mod session_tokens;
#[expect(clippy::module_inception, reason = "the use-case object has the name of its feature")]
pub mod sessions;
pub mod store;
