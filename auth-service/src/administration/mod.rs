//! Administration of accounts.

pub mod account;
pub mod account_passwords;
pub mod accounts;
pub mod api;
pub mod change;
pub mod delete;
pub mod error;
pub mod list;
pub mod offer_reset;
pub mod read_audit;
pub mod reset_password;
pub mod reset_token;
pub mod restored;
pub mod revoke_sessions;
pub mod show;
pub mod store;
pub mod user_ref;
