//! Access tokens and their claims.

pub mod client_claims;
pub mod error;
pub mod issuer;
