//! The tutorial's *method 2*: the role from the database.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::AuthError;

use super::{
    authority::{Authority, NOT_ADMIN, Right},
    current_session::{CurrentSession, signed_in},
};

/// The admin who makes a request. The role is read from the database, and again where the authority is used.
pub struct CurrentAdmin(pub Authority);

impl Described for CurrentAdmin {
    fn describe(operation: &mut Operation) {
        CurrentSession::describe(operation);
        operation.refuses([AuthError::forbidden(NOT_ADMIN)]);
    }
}

impl FromRequest for CurrentAdmin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move { Ok(Self(signed_in(&req, Right::Admin).await?.authority)) }.boxed_local()
    }
}
