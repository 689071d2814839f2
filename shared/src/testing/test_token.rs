//! Tokens for test requests.

use actix_web::{http::header::AUTHORIZATION, test::TestRequest};

use super::mint;
use crate::claims::Claims;

/// Adds a token to a test request.
pub trait TestToken {
    /// Adds a valid token with these claims.
    #[must_use]
    fn token(self, claims: &Claims) -> Self;
}

impl TestToken for TestRequest {
    fn token(self, claims: &Claims) -> Self {
        self.insert_header((AUTHORIZATION, format!("Bearer {}", mint(claims))))
    }
}
