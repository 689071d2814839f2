//! The query string parsed at the edge.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Query};
use futures_util::future::{Ready, ready};

use crate::{Form, RequestError};

/// A request's query string. What is wrong with it is said in our words, not in the parser's.
pub struct QueryString<T>(pub T);

impl<T: Form> FromRequest for QueryString<T> {
    type Error = RequestError;
    type Future = Ready<Result<Self, RequestError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = Query::<T>::from_query(req.query_string());
        ready(parsed.map(|query| Self(query.into_inner())).map_err(|_| RequestError::WrongQuery(T::SHAPE)))
    }
}
