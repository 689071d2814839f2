//! Access tokens: what they say.

pub mod issuer;
