//! The audit log: who did what to whom, when and from where.

pub mod event;
pub mod store;
