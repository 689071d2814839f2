//! Where in a request a token is looked for: `JWT_TOKEN_LOCATION` of Flask-JWT-Extended.

use std::{borrow::Cow, str::FromStr};

use actix_web::{
    HttpMessage, HttpRequest,
    http::{Method, header::AUTHORIZATION},
    web,
};
use serde::Deserialize;

use crate::{AuthError, Claims, Flaw, token_from_json::TokenFromJson};

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
    /// `{"access_token": <token>}` as the request's JSON body; it needs [`read_token_from_json`](crate::read_token_from_json) around the routes.
    Json,
}

/// The places to look in, in order; the first token found counts. `headers` alone by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenLocations(Cow<'static, [TokenLocation]>);

const TOKEN_COOKIE: &str = "access_token_cookie";
const CSRF_COOKIE: &str = "csrf_access_token";
const CSRF_HEADER: &str = "X-CSRF-TOKEN";

/// A token as found, and whether the browser sent it along by itself.
pub(crate) struct FoundToken<'a> {
    /// The raw bytes found there.
    pub(crate) token: Cow<'a, [u8]>,
    from_cookie: bool,
}

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

    /// Whether tokens may come in the JSON body, so that [`read_token_from_json`](crate::read_token_from_json) is needed.
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

    /// The first token in the order of the places.
    pub(crate) fn find<'a>(&self, req: &'a HttpRequest) -> Result<FoundToken<'a>, AuthError> {
        for location in &*self.0 {
            let token = match location {
                TokenLocation::Headers => from_header(req)?.map(Cow::Borrowed),
                TokenLocation::Cookies => req.cookie(TOKEN_COOKIE).map(|cookie| owned(cookie.value())),
                TokenLocation::QueryString => from_query(req)?.map(|token| owned(&token)),
                TokenLocation::Json => req.extensions().get().map(|TokenFromJson(token)| owned(token)),
            };
            if let Some(token) = token {
                return Ok(FoundToken { token, from_cookie: *location == TokenLocation::Cookies });
            }
        }
        Err(AuthError::Missing(self.clone()))
    }
}

fn owned(token: &str) -> Cow<'static, [u8]> {
    Cow::Owned(token.as_bytes().to_vec())
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

impl FoundToken<'_> {
    /// The second half of the double submit, for a token that the browser sent by itself with a request that
    /// changes something.
    pub(crate) fn check_csrf(&self, req: &HttpRequest, claims: &Claims) -> Result<(), AuthError> {
        let is_safe = matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
        if !self.from_cookie || is_safe {
            return Ok(());
        }
        let sent = req.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok());
        let expected = match claims.other("csrf").and_then(|value| value.as_str()) {
            Some(csrf) => Some(csrf.to_owned()),
            None => req.cookie(CSRF_COOKIE).map(|cookie| cookie.value().to_owned()),
        };
        match (sent, expected) {
            (Some(sent), Some(expected)) if !expected.is_empty() && sent == expected => Ok(()),
            _ => Err(AuthError::Csrf),
        }
    }
}

/// The token of the `Authorization` header, whatever its kind; `None` where the header is missing or of another scheme.
///
/// # Errors
/// [`AuthError`] for more than one header, and for a malformed Bearer token.
pub fn bearer_token(req: &HttpRequest) -> Result<Option<&str>, AuthError> {
    let as_text = |token| str::from_utf8(token).map_err(|_| AuthError::Invalid(Flaw::NotCompact));
    from_header(req)?.map(as_text).transpose()
}

/// `Bearer`, in any case, one or more spaces, and the token (RFC 9110, section 11.4). Another scheme is no token.
fn from_header(req: &HttpRequest) -> Result<Option<&[u8]>, AuthError> {
    let mut values = req.headers().get_all(AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthError::BadRequest("More than one Authorization header"));
    }
    let Some((scheme, rest)) = value.as_bytes().split_at_checked("Bearer".len()) else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Ok(None);
    }
    // `Bearer<tab>token` is a Bearer token gone wrong, not some other scheme.
    let mut token = rest.strip_prefix(b" ").ok_or(AuthError::Invalid(Flaw::NotCompact))?;
    while let Some(after_space) = token.strip_prefix(b" ") {
        token = after_space;
    }
    if token.is_empty() { Err(AuthError::Invalid(Flaw::NotCompact)) } else { Ok(Some(token)) }
}

#[derive(Deserialize)]
struct TokenQuery {
    jwt: Option<String>,
}

fn from_query(req: &HttpRequest) -> Result<Option<String>, AuthError> {
    web::Query::<TokenQuery>::from_query(req.query_string())
        .map(|query| query.into_inner().jwt)
        .map_err(|_| AuthError::BadRequest("The query string has more than one token or is malformed"))
}
