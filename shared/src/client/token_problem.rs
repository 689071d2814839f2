//! Reasons for a 401, from the perspective of a caller.

use crate::errors::ErrorBody;

/// Why a service responded with 401, according to the error code in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenProblem {
    /// `token_expired`: the token has expired.
    Expired,
    /// `claims_stale`: the claims are out of date; a refresh returns a token with current claims.
    ClaimsStale,
    /// `token_revoked`: the token has been revoked.
    Revoked,
    /// `fresh_token_required`: the route requires recent authentication, which a refresh does not provide.
    FreshRequired,
    /// Any other code, which a new token would not change, such as `invalid_token` or `user_not_found`.
    Other(String),
    /// A response without an error code.
    Unknown,
}

impl TokenProblem {
    /// Parses the body of a response with status code 401.
    pub fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<ErrorBody>(body) {
            Ok(ErrorBody { error, .. }) => match &*error {
                "token_expired" => Self::Expired,
                "claims_stale" => Self::ClaimsStale,
                "token_revoked" => Self::Revoked,
                "fresh_token_required" => Self::FreshRequired,
                _ => Self::Other(error.into_owned()),
            },
            Err(_) => Self::Unknown,
        }
    }

    /// Whether the request may succeed with a new token.
    pub fn is_fixed_by_a_new_token(&self) -> bool {
        matches!(self, Self::Expired | Self::ClaimsStale | Self::Revoked)
    }
}

#[cfg(test)]
mod tests {
    use super::TokenProblem::{self, ClaimsStale, Expired, FreshRequired, Other, Revoked, Unknown};

    #[test]
    fn the_error_code_distinguishes_the_causes() {
        for (code, problem, is_fixed) in [
            ("token_expired", Expired, true),
            ("claims_stale", ClaimsStale, true),
            ("token_revoked", Revoked, true),
            ("fresh_token_required", FreshRequired, false),
            ("invalid_token", Other("invalid_token".to_owned()), false),
        ] {
            let body = format!(r#"{{"error":"{code}","message":"in words"}}"#);

            let read = TokenProblem::read(body.as_bytes());

            assert_eq!((read.is_fixed_by_a_new_token(), read), (is_fixed, problem));
        }
    }

    #[test]
    fn an_unrecognized_response_is_an_outage() {
        for body in [&b""[..], b"Unauthorized", b"[]", br#"{"msg":"Token has expired"}"#, b"\xff"] {
            assert_eq!(TokenProblem::read(body), Unknown);
        }
    }
}
