//! Where in a request a token is looked for: `JWT_TOKEN_LOCATION` of Flask-JWT-Extended.

use std::{borrow::Cow, str::FromStr};

/// One place to look for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLocation {
    /// `Authorization: Bearer <token>`.
    Headers,
    /// The cookie `access_token_cookie`; a request that changes something must also repeat the value of the cookie
    /// `csrf_access_token` (or of the token's `csrf` claim, where it has one) in the header `X-CSRF-TOKEN`.
    Cookies,
    /// `?jwt=<token>`. A URL ends up in logs and histories: for links that live a few seconds.
    QueryString,
    /// `{"access_token": <token>}` as the request's JSON body; it needs [`read_token_from_json`](crate::actix::read_token_from_json) around the routes.
    Json,
}

/// The places to look in, in order; the first token found counts. `headers` alone by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenLocations(pub(crate) Cow<'static, [TokenLocation]>);

impl Default for TokenLocations {
    fn default() -> Self {
        Self(Cow::Borrowed(&[TokenLocation::Headers]))
    }
}

impl TokenLocations {
    /// These places, in this order.
    pub fn new(locations: Vec<TokenLocation>) -> Self {
        Self(Cow::Owned(locations))
    }

    /// Whether tokens may come in the JSON body, so that [`read_token_from_json`](crate::actix::read_token_from_json) is needed.
    pub fn has_json(&self) -> bool {
        self.0.contains(&TokenLocation::Json)
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
#[error("token locations are one or more of headers, cookies, query_string, json, comma-separated")]
pub struct InvalidTokenLocations;

impl FromStr for TokenLocations {
    type Err = InvalidTokenLocations;

    /// `headers,cookies`, or Python's spelling of it: `["headers", "cookies"]`.
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
