//! Where in a request tokens are accepted (`JWT_TOKEN_LOCATION` of Flask-JWT-Extended).

use std::{borrow::Cow, str::FromStr};

/// A location of a token in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLocation {
    /// `Authorization: Bearer <token>`.
    Headers,
    /// The cookie `access_token_cookie`. Against CSRF, requests with an unsafe method must also send, in the header
    /// `X-CSRF-TOKEN`, the value of the token's `csrf` claim or, without one, of the cookie `csrf_access_token`.
    Cookies,
    /// `?jwt=<token>`. URLs end up in logs and browser histories, so use it only for tokens that expire within seconds.
    QueryString,
    /// `{"access_token": <token>}` in a JSON body. Requires the middleware
    /// [`read_token_from_json`](crate::actix::read_token_from_json).
    Json,
}

/// Token locations in order of precedence: the first token found is used. Default: headers only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenLocations(pub(crate) Cow<'static, [TokenLocation]>);

impl Default for TokenLocations {
    fn default() -> Self {
        Self(Cow::Borrowed(&[TokenLocation::Headers]))
    }
}

impl TokenLocations {
    /// These locations, in this order.
    pub fn new(locations: Vec<TokenLocation>) -> Self {
        Self(Cow::Owned(locations))
    }

    /// Whether JSON bodies are among the locations, which require
    /// [`read_token_from_json`](crate::actix::read_token_from_json).
    pub fn has_json(&self) -> bool {
        self.0.contains(&TokenLocation::Json)
    }

    /// The locations, in order of precedence.
    pub fn iter(&self) -> impl Iterator<Item = TokenLocation> {
        self.0.iter().copied()
    }

    pub(crate) fn missing_message(&self) -> String {
        if self.0.contains(&TokenLocation::Headers) {
            return "Missing Authorization Header".to_owned();
        }
        let places: Vec<_> = self.0.iter().map(|location| location.name()).collect();
        format!("Missing token in {}", places.join(" or "))
    }
}

impl TokenLocation {
    fn name(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Cookies => "cookies",
            Self::QueryString => "query_string",
            Self::Json => "json",
        }
    }
}

/// Invalid token locations.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one or more of headers, cookies, query_string and json, comma-separated")]
pub struct InvalidTokenLocations;

impl FromStr for TokenLocations {
    type Err = InvalidTokenLocations;

    /// Parses `headers,cookies` or the Python syntax `["headers", "cookies"]`.
    fn from_str(text: &str) -> Result<Self, InvalidTokenLocations> {
        let inner = text.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
        inner
            .split(',')
            .map(|name| match name.trim().trim_matches(['"', '\'']) {
                "headers" => Ok(TokenLocation::Headers),
                "cookies" => Ok(TokenLocation::Cookies),
                "query_string" => Ok(TokenLocation::QueryString),
                "json" => Ok(TokenLocation::Json),
                _ => Err(InvalidTokenLocations),
            })
            .collect::<Result<_, _>>()
            .map(Self::new)
    }
}
