//! The form of a page.

use std::collections::BTreeMap;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::Secret;

use crate::form_encoding::{form_pairs, read_form};

/// The fields of a page's form. Of a repeated one, the last counts; what is no form has none.
pub struct PageForm(BTreeMap<String, Secret>);

impl PageForm {
    /// A field; empty if it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.0.get(name).map(Secret::expose).unwrap_or_default()
    }
}

impl Described for PageForm {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for PageForm {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = read_form(req, payload);
        async move {
            let pairs = form.await?.as_deref().and_then(form_pairs).unwrap_or_default();
            Ok(Self(pairs.into_iter().map(|(name, value)| (name, Secret::new(value))).collect()))
        }
        .boxed_local()
    }
}
