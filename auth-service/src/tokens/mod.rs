//! Tokens: what they say, and what they are given for.

pub mod issuer;
pub mod login;
