//! Verifiers and their key sets.

pub mod asking_verifier;
pub mod register;
pub mod store;
