//! The query string parsed at the edge.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{Ready, ready};
use serde::de::DeserializeOwned;

use crate::{field_error::describe, request_error::RequestError, without_field::WithoutField};

/// A request's query string. The parameter `jwt`, which may hold the access token, is not part of `T`.
pub struct QueryString<T>(pub T);

/// The parameter in which `shared` looks for access tokens.
const TOKEN_PARAMETER: &str = "jwt";

impl<T: DeserializeOwned + 'static> FromRequest for QueryString<T> {
    type Error = RequestError;
    type Future = Ready<Result<Self, RequestError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(req.query_string().as_bytes()));
        let parsed = serde_path_to_error::deserialize(WithoutField::new(pairs, TOKEN_PARAMETER));
        ready(parsed.map(Self).map_err(|error| RequestError::InvalidQuery(describe(&error))))
    }
}
