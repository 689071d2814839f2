//! The parameters in the body of a request.

use std::convert::Infallible;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{Described, Operation};

use super::{
    page_form::fault_of,
    parameters::{Parameters, Unreadable},
};
use crate::{form_encoding::read_form, pages::fault::Fault};

/// The parameters in the form of a `POST`, or what the page says that is shown instead.
pub struct SentParameters(pub Result<Parameters, Fault>);

impl Described for SentParameters {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for SentParameters {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = read_form(req, payload);
        let parameters = async move {
            let text = form.await.map_err(|error| fault_of(&error))?;
            Parameters::parse(&text).map_err(|error| match error {
                Unreadable::Malformed => Fault::MalformedForm,
                Unreadable::TooLong => Fault::FormTooLong,
            })
        };
        async move { Ok(Self(parameters.await)) }.boxed_local()
    }
}
