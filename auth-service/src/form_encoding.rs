//! `application/x-www-form-urlencoded`.

use actix_web::{HttpMessage, HttpRequest, dev::Payload, web::Query};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde::Serialize;
use service_kit::{ApiError, read_body};

/// The form in the body of a request; `None` for anything else. An empty body is an empty form.
///
/// # Errors
/// Those of a body that does not arrive.
pub fn read_form(
    req: &HttpRequest,
    payload: &mut Payload,
) -> LocalBoxFuture<'static, Result<Option<String>, ApiError>> {
    let is_form = req.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let body = read_body(req, payload);
    async move {
        let body = body.await?;
        Ok(str::from_utf8(&body).ok().filter(|text| is_form || text.is_empty()).map(str::to_owned))
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
