//! The form of a page.

use std::{collections::BTreeMap, convert::Infallible};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{Described, Operation};
use shared::Secret;

use crate::{
    form_encoding::{FormError, form_pairs, read_form},
    pages::fault::Fault,
};

/// The fields of a page's form. Of a repeated one, the last counts.
pub struct PageForm(BTreeMap<String, Secret>);

/// The form in the body of a request, or what the page says that is shown instead.
pub struct SentForm(pub Result<PageForm, Fault>);

impl PageForm {
    /// A field; empty if it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.0.get(name).map(Secret::expose).unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, FormError> {
        let pairs = form_pairs(text).ok_or(FormError::Malformed)?;
        Ok(Self(pairs.into_iter().map(|(name, value)| (name, Secret::new(value))).collect()))
    }
}

/// What the page says about a form that is not read.
pub fn fault_of(error: &FormError) -> Fault {
    match error {
        FormError::NotAForm => Fault::NotAForm,
        FormError::Malformed => Fault::MalformedForm,
        FormError::Body(error) => match error.status_and_code().0 {
            StatusCode::PAYLOAD_TOO_LARGE => Fault::FormTooLong,
            StatusCode::REQUEST_TIMEOUT => Fault::FormTooSlow,
            _ => Fault::MalformedForm,
        },
    }
}

impl Described for SentForm {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for SentForm {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = read_form(req, payload);
        async move { Ok(Self(form.await.and_then(|text| PageForm::parse(&text)).map_err(|error| fault_of(&error)))) }
            .boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use service_kit::RequestError;

    use super::*;

    #[test]
    fn a_page_has_the_status_of_what_is_wrong_with_its_form() {
        for (error, status) in [
            (FormError::NotAForm, 415),
            (FormError::Malformed, 400),
            (RequestError::BodyTooLong(1).into(), 413),
            (RequestError::BodyTooSlow.into(), 408),
            (RequestError::IncompleteBody.into(), 400),
        ] {
            assert_eq!(fault_of(&error).status(), status, "{error}");
        }
    }
}
