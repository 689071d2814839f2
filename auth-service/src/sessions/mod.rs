//! Sessions: one for each login, from the password to the last refresh.

pub mod end;
pub mod error;
pub mod failed_log_in;
pub mod list;
pub mod login;
pub mod logout;
pub mod logout_all;
pub mod reauthenticate;
pub mod refresh;
pub mod refresh_token;
pub mod sent_refresh_token;
pub mod sent_session;
pub mod session_issuer;
pub mod store;
pub mod sweep;
