//! Values that nobody can guess.

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::login_error::LoginError;

/// 256 random bits as 43 characters that need no escaping in a URL or a cookie.
pub(super) fn random_text() -> Result<String, LoginError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| LoginError::Internal("no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
