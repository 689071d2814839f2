//! A view of requests for rules and error hooks, independent of the web framework.

use std::borrow::Cow;

/// A request, as [`Rule`](crate::Rule)s and error hooks can use it. Implemented for actix-web's `HttpRequest`; for other
/// frameworks, implement it and call [`TokenVerifier::authorize`](crate::TokenVerifier::authorize).
pub trait RequestParts {
    /// The method, such as `GET`.
    fn method(&self) -> &str;

    /// The path, without the query string.
    fn path(&self) -> &str;

    /// The query string, if there is one.
    fn query(&self) -> Option<&str> {
        None
    }

    /// The pattern of the matched route, such as `/users/{id}`, if known.
    fn route(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The value of a path parameter of the matched route.
    fn path_parameter(&self, _name: &str) -> Option<&str> {
        None
    }

    /// The first value of a header, if it is a valid string. Names are case-insensitive.
    fn header(&self, name: &str) -> Option<&str>;
}
