//! The parameters in the body of a request.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};

use super::parameters::{Parameters, Unreadable};
use crate::form_encoding::read_form;

/// The parameters in the form of a `POST`, or why they cannot be read.
pub struct SentParameters(pub Result<Parameters, Unreadable>);

impl Described for SentParameters {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for SentParameters {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = read_form(req, payload);
        async move { Ok(Self(form.await?.as_deref().map_or(Err(Unreadable::Malformed), Parameters::parse))) }
            .boxed_local()
    }
}
