//! The parameters of an authorization request, as they were sent.

use std::collections::{BTreeMap, BTreeSet};

use crate::form_encoding::{form_encoded, form_pairs};

/// The parameters of a request that this service knows. Others are ignored (RFC 6749, section 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<&'static str, String>,
    repeated: BTreeSet<&'static str>,
}

/// A request that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not form-encoded.
    #[error("the parameters are not form-encoded")]
    Malformed,
    /// It is longer than [`Parameters::MAX_LEN`].
    #[error("the parameters exceed {} bytes", Parameters::MAX_LEN)]
    TooLong,
}

/// The parameters that this service knows.
const NAMES: [&str; 20] = [
    "acr_values",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "login_hint",
    "logout_hint",
    "max_age",
    "nonce",
    "post_logout_redirect_uri",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

impl Parameters {
    /// What a page passes on in a URL, which then is served.
    pub const MAX_LEN: usize = 5000;

    /// Reads a query string or a form. A parameter without a value is treated as absent (RFC 6749, section 3.1).
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        // Whatever is ignored may be long as well; it is not read.
        if text.len() > 3 * Self::MAX_LEN {
            return Err(Unreadable::TooLong);
        }
        let mut parameters = Self::default();
        for (name, value) in form_pairs(text).ok_or(Unreadable::Malformed)? {
            let Some(name) = NAMES.iter().find(|known| **known == name) else { continue };
            if value.contains('\0') {
                // No database stores it, and nobody means it.
                return Err(Unreadable::Malformed);
            }
            if !value.is_empty() && parameters.values.insert(name, value).is_some() {
                parameters.repeated.insert(name);
            }
        }
        if parameters.to_query().len() > Self::MAX_LEN { Err(Unreadable::TooLong) } else { Ok(parameters) }
    }

    /// The value of a parameter; `None` for one that was repeated.
    pub fn find(&self, name: &str) -> Option<&str> {
        if self.repeated.contains(name) { None } else { self.values.get(name).map(String::as_str) }
    }

    /// Whether one was sent more than once.
    pub fn has_repeated(&self) -> bool {
        !self.repeated.is_empty()
    }

    /// The same parameters, form-encoded.
    pub fn to_query(&self) -> String {
        form_encoded(&self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parameters_are_ignored_and_empty_ones_absent() {
        let parameters = Parameters::parse("client_id=app&colour=red&state=&nonce=a%20b").unwrap();

        let found = ["client_id", "colour", "state", "nonce"].map(|name| parameters.find(name));
        assert_eq!(found, [Some("app"), None, None, Some("a b")]);
        assert_eq!(Parameters::parse(&parameters.to_query()), Ok(parameters));
    }

    #[test]
    fn a_repeated_parameter_has_no_value() {
        let parameters = Parameters::parse("state=a&client_id=app&state=b").unwrap();

        assert_eq!((parameters.has_repeated(), parameters.find("state")), (true, None));
    }

    #[test]
    fn what_a_page_cannot_pass_on_is_refused() {
        let state = "x".repeat(Parameters::MAX_LEN);

        assert_eq!(Parameters::parse(&format!("state={state}")), Err(Unreadable::TooLong));
        assert_eq!(Parameters::parse(&format!("colour={}", "x".repeat(20_000))), Err(Unreadable::TooLong));
    }
}
