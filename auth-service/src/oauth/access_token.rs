//! An access token that is asked about.

use shared::{AuthError, Claims, Flaw, TokenVerifier, UnixTime};

use super::oauth_error::OAuthError;
use crate::error::ApiError;

/// What an access token says, if it is good as far as this node knows. What another node has published meanwhile is looked
/// at first.
///
/// # Errors
/// 503 if that cannot be found out.
pub async fn read_access_token(verifier: &TokenVerifier, token: &str) -> Result<Option<Claims>, OAuthError> {
    let now = UnixTime::now();
    let verified = match verifier.verify(token, now) {
        Err(AuthError::Invalid(Flaw::UnknownKey | Flaw::UnknownStatusList)) => {
            verifier.verify_after_another_look(token, now).await
        }
        verified => verified,
    };
    match verified {
        Ok(verified) => Ok(Some(verified.claims().clone())),
        Err(error @ (AuthError::KeysUnavailable | AuthError::StatusUnavailable)) => Err(ApiError::Auth(error).into()),
        Err(_) => Ok(None),
    }
}
