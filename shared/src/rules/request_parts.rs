//! A request as rules and error hooks see it, whatever the web framework.

use std::borrow::Cow;

/// A request as [`Rule`](crate::Rule)s and error hooks see it. The crate implements it for actix-web's `HttpRequest`; for another
/// web framework it is a handful of one-line methods, see [`TokenVerifier::authorize`](crate::TokenVerifier::authorize).
pub trait RequestParts {
    /// The method, such as `GET`.
    fn method(&self) -> &str;

    /// The path, without the query string.
    fn path(&self) -> &str;

    /// The query string, if there is one.
    fn query(&self) -> Option<&str> {
        None
    }

    /// The pattern of the route that serves the request, such as `/users/{id}`, if it is known.
    fn route(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The value that the path has for a parameter of the route's pattern.
    fn path_parameter(&self, _name: &str) -> Option<&str> {
        None
    }

    /// The first value of a header, if it is text. Names are compared without regard to case.
    fn header(&self, name: &str) -> Option<&str>;
}
