//! The issuer's response in the query of the callback.

use url::form_urlencoded::parse;

use super::login_error::LoginError;

/// The authorization response (RFC 6749, section 4.1.2; RFC 9207).
pub(super) struct AuthorizationResponse {
    pub(super) state: String,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

const MAX_LEN: usize = 8 * 1024;

impl AuthorizationResponse {
    /// Unknown parameters are ignored; one that occurs twice is refused, since others might read the other one.
    pub(super) fn parse(query: &str) -> Result<Self, LoginError> {
        if query.len() > MAX_LEN {
            return Err(LoginError::InvalidResponse("the response is too long"));
        }
        let (mut state, mut iss, mut code, mut error) = (None, None, None, None);
        for (name, value) in parse(query.as_bytes()) {
            let parameter = match &*name {
                "state" => &mut state,
                "iss" => &mut iss,
                "code" => &mut code,
                "error" => &mut error,
                _ => continue,
            };
            if parameter.replace(value.into_owned()).is_some() {
                return Err(LoginError::InvalidResponse("a parameter occurs twice"));
            }
        }
        let state = state.ok_or(LoginError::NotPending)?;
        Ok(Self { state, iss, code, error })
    }

    /// The code, if the response is from this issuer. If its metadata promises `iss`, every response must have it.
    pub(super) fn code(self, issuer: &str, must_have_iss: bool) -> Result<String, LoginError> {
        match &self.iss {
            Some(iss) if iss != issuer => return Err(LoginError::InvalidResponse("iss is another issuer")),
            None if must_have_iss => return Err(LoginError::InvalidResponse("iss is missing")),
            _ => {}
        }
        match (self.error, self.code) {
            (Some(error), _) => Err(LoginError::Cancelled(error)),
            (None, Some(code)) if !code.is_empty() => Ok(code),
            _ => Err(LoginError::InvalidResponse("there is no code")),
        }
    }
}
