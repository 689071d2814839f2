//! Token verification.

mod authorization;
mod bearer;
mod counts;
mod token_cache;
mod token_verifier;
mod trusted_issuer;
mod verification;
mod verified_token;

pub use bearer::parse_bearer;
pub use counts::VerificationCounts;
pub use token_cache::TokenCache;
#[cfg(feature = "actix")]
pub(crate) use token_verifier::Checked;
pub use token_verifier::TokenVerifier;
pub use trusted_issuer::TrustedIssuer;
pub use verified_token::VerifiedToken;

pub use crate::{
    compact_jws::MAX_TOKEN_LEN,
    token_location::{InvalidTokenLocations, TokenLocation, TokenLocations},
};
