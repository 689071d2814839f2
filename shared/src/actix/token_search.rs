//! Finds the token of a request.

use std::borrow::Cow;

use actix_web::{
    HttpMessage, HttpRequest,
    http::{
        Method,
        header::{AUTHORIZATION, COOKIE},
    },
    web,
};
use serde::Deserialize;

use super::token_from_json::TokenFromJson;
use crate::{
    claims::Claims,
    errors::{AuthError, Flaw},
    token_location::{TokenLocation, TokenLocations},
    verifier::parse_bearer,
};

const TOKEN_COOKIE: &str = "access_token_cookie";
const CSRF_COOKIE: &str = "csrf_access_token";
const CSRF_HEADER: &str = "X-CSRF-TOKEN";

/// A token, and whether the browser sent it automatically, in a cookie.
pub(crate) struct FoundToken<'a> {
    /// The token's bytes, not validated.
    pub(crate) token: Cow<'a, [u8]>,
    from_cookie: bool,
}

impl TokenLocations {
    /// The first token in the order of the locations.
    pub(crate) fn find<'a>(&self, req: &'a HttpRequest) -> Result<FoundToken<'a>, AuthError> {
        for location in &*self.0 {
            let token = match location {
                TokenLocation::Headers => from_header(req)?.map(Cow::Borrowed),
                TokenLocation::Cookies => from_cookie(req, TOKEN_COOKIE).map(Cow::Borrowed),
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

impl FoundToken<'_> {
    /// Checks the CSRF token (double submit) of requests with an unsafe method and a token in a cookie.
    pub(crate) fn check_csrf(&self, req: &HttpRequest, claims: &Claims) -> Result<(), AuthError> {
        let is_safe = matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
        if !self.from_cookie || is_safe {
            return Ok(());
        }
        let sent = req.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok());
        let expected = match claims.other("csrf").and_then(|value| value.as_str()) {
            Some(csrf) => Some(csrf.to_owned()),
            None => from_cookie(req, CSRF_COOKIE).and_then(|value| str::from_utf8(value).ok()).map(str::to_owned),
        };
        match (sent, expected) {
            (Some(sent), Some(expected)) if !expected.is_empty() && sent == expected => Ok(()),
            _ => Err(AuthError::Csrf),
        }
    }
}

/// The Bearer token in the `Authorization` header; `None` if the header is missing or has another scheme. The token may be
/// of any type.
///
/// # Errors
/// [`AuthError::BadRequest`] for more than one header, [`AuthError::Invalid`] for a malformed token.
pub fn bearer_token(req: &HttpRequest) -> Result<Option<&str>, AuthError> {
    let as_text = |token| str::from_utf8(token).map_err(|_| AuthError::Invalid(Flaw::NotCompact));
    from_header(req)?.map(as_text).transpose()
}

fn from_header(req: &HttpRequest) -> Result<Option<&[u8]>, AuthError> {
    let mut values = req.headers().get_all(AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthError::BadRequest("More than one Authorization header"));
    }
    parse_bearer(value.as_bytes())
}

/// The value of a cookie (RFC 6265, section 4.2.1). Other applications fill other cookies of the same header with whatever they
/// like, so that these are not parsed. Browsers send the most specific of equal names first.
fn from_cookie<'a>(req: &'a HttpRequest, name: &str) -> Option<&'a [u8]> {
    let headers = req.headers().get_all(COOKIE).flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let mut values = headers.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let value = values.next()?;
    Some(value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value))
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
