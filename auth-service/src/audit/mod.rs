//! The audit log: who did what to whom, when and from where.

pub mod actor;
pub mod current_admin;
pub mod event;
pub mod filter;
pub mod line;
pub mod list;
pub mod store;
