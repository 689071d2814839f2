//! The credentials that an operation accepts.

use serde_json::{Map, Value, json};
use shared::verifier::{TokenLocation, TokenLocations};

/// A credential that an operation accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// None: the request may also be anonymous, or have its credential in the body.
    None,
    /// An access token, wherever the settings allow it.
    AccessToken,
    /// Another one, by the name of its security scheme.
    Named(&'static str),
}

const COOKIE: &str = "access_token_cookie";
const CSRF: &str = "X-CSRF-TOKEN";

impl Credential {
    /// The security requirements, one of which suffices.
    pub(super) fn requirements(self, locations: &TokenLocations, is_safe: bool) -> Vec<Value> {
        match self {
            Self::None => vec![json!({})],
            Self::Named(scheme) => vec![json!({ scheme: [] })],
            Self::AccessToken => locations.iter().map(|location| requirement(location, is_safe)).collect(),
        }
    }
}

fn requirement(location: TokenLocation, is_safe: bool) -> Value {
    match location {
        TokenLocation::Headers => json!({ "access_token": [] }),
        TokenLocation::Cookies if is_safe => json!({ "access_token_cookie": [] }),
        TokenLocation::Cookies => json!({ "access_token_cookie": [], "csrf": [] }),
        TokenLocation::QueryString => json!({ "access_token_parameter": [] }),
        // A property of the body, which no security scheme can express.
        TokenLocation::Json => json!({}),
    }
}

/// The security schemes of access tokens in these locations.
pub(super) fn schemes(locations: &TokenLocations) -> Map<String, Value> {
    let mut schemes = Map::new();
    for location in locations.iter() {
        match location {
            TokenLocation::Headers => {
                let description = "An access token from the issuer's `POST /login`.";
                let bearer = json!({
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description
                });
                schemes.insert("access_token".to_owned(), bearer);
            }
            TokenLocation::Cookies => {
                let cookie = "An access token in a cookie.";
                schemes.insert("access_token_cookie".to_owned(), api_key("cookie", COOKIE, cookie));
                let csrf = "Required with a token in a cookie, except for safe methods: the token's claim `csrf` or, \
                            without one, the value of the cookie `csrf_access_token`.";
                schemes.insert("csrf".to_owned(), api_key("header", CSRF, csrf));
            }
            TokenLocation::QueryString => {
                let parameter = "An access token in the query string.";
                schemes.insert("access_token_parameter".to_owned(), api_key("query", "jwt", parameter));
            }
            TokenLocation::Json => {}
        }
    }
    schemes
}

fn api_key(place: &str, name: &str, description: &str) -> Value {
    json!({ "type": "apiKey", "in": place, "name": name, "description": description })
}
