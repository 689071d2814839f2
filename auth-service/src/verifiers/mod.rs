//! Verifiers: which of them holds which key set.

pub mod asking_verifier;
pub mod register;
pub mod store;
