//! The audit log: security events with actor, subject, time and address.

pub mod actor;
pub mod event;
pub mod filter;
pub mod line;
pub mod refusals;
pub mod retention;
pub mod store;
mod tally;
