//! The verifiers out there: which of them holds which key set.

pub mod register;
pub mod store;
