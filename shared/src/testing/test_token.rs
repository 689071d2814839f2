//! Tokens on the requests of a test.

use actix_web::{http::header::AUTHORIZATION, test::TestRequest};

use super::mint;
use crate::claims::Claims;

/// Puts a token on a request of a test.
pub trait TestToken {
    /// The request with a valid token that has these claims.
    #[must_use]
    fn token(self, claims: &Claims) -> Self;
}

impl TestToken for TestRequest {
    fn token(self, claims: &Claims) -> Self {
        self.insert_header((AUTHORIZATION, format!("Bearer {}", mint(claims))))
    }
}
