//! Access tokens, ID tokens and logout tokens, and their claims.

pub mod client_claims;
pub mod error;
pub mod id_token;
pub mod id_token_hint;
pub mod issuer;
pub mod logout_token;
#[cfg(test)]
mod tests;
