//! `application/x-www-form-urlencoded`.

use actix_web::{HttpMessage, HttpRequest, dev::Payload, web::Query};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde::Serialize;
use service_kit::{RequestError, read_body};

/// Why the form in a body is not read.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// The body is too long, or does not arrive.
    #[error(transparent)]
    Body(#[from] RequestError),
    /// The body is something else.
    #[error("Content-Type must be application/x-www-form-urlencoded")]
    NotAForm,
    /// The body is not UTF-8.
    #[error("Malformed form body")]
    Malformed,
}

/// The form in the body of a request. An empty body is an empty form.
///
/// # Errors
/// [`FormError`].
pub fn read_form(req: &HttpRequest, payload: &mut Payload) -> LocalBoxFuture<'static, Result<String, FormError>> {
    let is_form = req.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let body = read_body(req, payload);
    async move {
        let body = body.await?;
        if !is_form && !body.is_empty() {
            return Err(FormError::NotAForm);
        }
        String::from_utf8(body.to_vec()).map_err(|_| FormError::Malformed)
    }
    .boxed_local()
}

/// Names and values; `None` if it is malformed.
pub fn form_pairs(text: &str) -> Option<Vec<(String, String)>> {
    Query::from_query(text).ok().map(Query::into_inner)
}

/// Names and values, encoded.
pub fn form_encoded(pairs: impl Serialize) -> String {
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}
