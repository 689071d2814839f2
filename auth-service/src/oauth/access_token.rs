//! An access token in the body of a request.

use std::sync::Arc;

use service_kit::ApiError;
use shared::{AuthError, TokenVerifier, UnixTime, errors::Flaw, verifier::VerifiedToken};

use super::oauth_error::OAuthError;

/// An access token, if it is valid as far as this node knows. Keys and lists that another node has published in the meantime
/// are read first.
///
/// # Errors
/// 503 while keys or status lists are unavailable.
pub async fn read_access_token(
    verifier: &TokenVerifier,
    token: &str,
) -> Result<Option<Arc<VerifiedToken>>, OAuthError> {
    let now = UnixTime::now();
    let verified = match verifier.verify(token, now) {
        Err(AuthError::Invalid(Flaw::UnknownKey | Flaw::UnknownStatusList)) => {
            verifier.verify_or_refetch(token, now).await
        }
        verified => verified,
    };
    match verified {
        Ok(verified) => Ok(Some(verified)),
        Err(error @ (AuthError::KeysUnavailable | AuthError::StatusUnavailable)) => Err(ApiError::from(error).into()),
        Err(_) => Ok(None),
    }
}
