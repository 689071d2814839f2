//! The parameters in the body of a request.

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation, read_body};

use super::parameters::{Parameters, Unreadable};

/// The parameters in the form of a `POST`, or why they cannot be read.
pub struct SentParameters(pub Result<Parameters, Unreadable>);

impl Described for SentParameters {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for SentParameters {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = req.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let body = read_body(req, payload);
        async move {
            let body = body.await?;
            let text = str::from_utf8(&body).ok().filter(|text| is_form || text.is_empty());
            Ok(Self(text.map_or(Err(Unreadable::Malformed), Parameters::parse)))
        }
        .boxed_local()
    }
}
