//! Sessions: one for each log-in, from the password to the last refresh.

pub mod store;
pub mod sweep;
