//! What the arguments of a handler say about its operation.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use serde::de::DeserializeOwned;
use shared::{Access, Admin, AuthError, CurrentUser, Fresh, Jwt, Rule, claims::CustomClaims};
use utoipa::{IntoParams, ToSchema};

use super::operation::Operation;
use crate::{json_body::JsonBody, query_string::QueryString};

/// An argument of a handler that describes what it takes from the request, and how the request may fail.
pub trait Described {
    /// Adds this to the operation.
    fn describe(operation: &mut Operation);
}

/// A rule that describes how it refuses a token.
pub trait DescribedRule: Rule {
    /// Adds this to the operation.
    fn describe(operation: &mut Operation);
}

impl Described for HttpRequest {
    fn describe(_: &mut Operation) {}
}

impl<T: ?Sized> Described for Data<T> {
    fn describe(_: &mut Operation) {}
}

/// The path's pattern names its parameters.
impl<T> Described for Path<T> {
    fn describe(_: &mut Operation) {}
}

impl<A: Described, B: Described> Described for (A, B) {
    fn describe(operation: &mut Operation) {
        A::describe(operation);
        B::describe(operation);
    }
}

impl<T: DeserializeOwned + ToSchema> Described for JsonBody<T> {
    fn describe(operation: &mut Operation) {
        operation.takes_json::<T>(true);
    }
}

impl<T: DeserializeOwned + IntoParams> Described for QueryString<T> {
    fn describe(operation: &mut Operation) {
        operation.takes_query::<T>();
    }
}

impl<R: DescribedRule, C: CustomClaims> Described for Jwt<R, C> {
    fn describe(operation: &mut Operation) {
        R::describe(operation.accepts_access_token());
    }
}

impl<U, R: DescribedRule> Described for CurrentUser<U, R> {
    fn describe(operation: &mut Operation) {
        R::describe(operation.accepts_access_token().refuses([AuthError::UserNotFound, AuthError::LookupUnavailable]));
    }
}

impl DescribedRule for Access {
    fn describe(_: &mut Operation) {}
}

impl DescribedRule for Admin {
    fn describe(operation: &mut Operation) {
        operation.refuses([AuthError::forbidden("Admin access required")]);
    }
}

impl<const SECS: u64> DescribedRule for Fresh<SECS> {
    fn describe(operation: &mut Operation) {
        operation.refuses([AuthError::FreshRequired { max_age: None }]);
    }
}
