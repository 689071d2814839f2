//! The parameters of a request to one of OAuth's routes.

use std::collections::{BTreeMap, btree_map::Entry};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation, read_body};
use shared::Secret;

use super::oauth_error::OAuthError;
use crate::form_encoding::form_pairs;

/// The parameters of a form body, each of them once. The query string is ignored, since URLs are logged.
pub struct OAuthForm(BTreeMap<String, Secret>);

impl OAuthForm {
    /// A parameter. One without a value is treated as absent (RFC 6749, section 3.2).
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose).filter(|value| !value.is_empty())
    }

    /// Whether the request has a form.
    pub fn is_in(req: &HttpRequest) -> bool {
        req.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let body = str::from_utf8(body).map_err(|_| OAuthError::InvalidRequest("The body is not UTF-8"))?;
        let pairs = form_pairs(body).ok_or(OAuthError::InvalidRequest("Malformed form body"))?;
        let mut form = BTreeMap::new();
        for (name, value) in pairs {
            match form.entry(name) {
                Entry::Vacant(free) => drop(free.insert(Secret::new(value))),
                Entry::Occupied(_) => return Err(OAuthError::InvalidRequest("Duplicate parameter")),
            }
        }
        Ok(Self(form))
    }
}

impl Described for OAuthForm {
    fn describe(operation: &mut Operation) {
        operation.refuses([OAuthError::InvalidRequest("Malformed form body")]);
    }
}

impl FromRequest for OAuthForm {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = Self::is_in(req);
        let body = read_body(req, payload);
        async move {
            let body = body.await?;
            if !is_form {
                let message = "Content-Type must be application/x-www-form-urlencoded";
                return Err(OAuthError::InvalidRequest(message).into());
            }
            Ok(Self::parse(&body)?)
        }
        .boxed_local()
    }
}
