//! Access tokens: what they say.

pub mod client_claims;
pub mod error;
pub mod issuer;
