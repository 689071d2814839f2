//! JSON parsed at the edge.

use std::{rc::Rc, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::BytesMut};
use futures_util::{
    StreamExt,
    future::{FutureExt, LocalBoxFuture},
};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use tokio::time::timeout;

use crate::{connections::Pace, field_error::describe, request_error::RequestError, without_field::WithoutField};

/// A request's JSON body. The field `access_token`, which may hold the access token, is not part of `T` unless `T` has it.
pub struct JsonBody<T>(pub T);

/// The field in which `shared` looks for access tokens.
const TOKEN_FIELD: &str = "access_token";
/// The longest body that is read, in bytes.
pub(crate) const MAX_LEN: usize = 32 * 1024;
/// A body slightly above the limit is read to its end, so that the client can receive the response.
const MAX_DRAINED: usize = 8 * 1024 * 1024;
/// How long a body may take if no connection says.
const TIMEOUT: Duration = Duration::from_secs(10);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = RequestError;
    type Future = LocalBoxFuture<'static, Result<Self, RequestError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = req.content_type().eq_ignore_ascii_case("application/json");
        let body = read_body(req, payload);
        async move {
            let body = body.await?;
            if !is_json {
                return Err(RequestError::NotJson);
            }
            parse(&body).map(Self)
        }
        .boxed_local()
    }
}

/// A request's body, whatever its format.
///
/// # Errors
/// [`RequestError`] if it is longer than 32 KiB, or is not there in time.
pub fn read_body(
    req: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<BytesMut, RequestError>> + use<> {
    let limit = req.conn_data::<Rc<Pace>>().map_or(TIMEOUT, |pace| pace.for_body());
    let body = read(payload.take());
    async move { timeout(limit, body).await.map_err(|_| RequestError::BodyTooSlow)? }
}

async fn read(mut payload: Payload) -> Result<BytesMut, RequestError> {
    let mut body = BytesMut::new();
    let mut len = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| RequestError::IncompleteBody)?;
        len += chunk.len();
        if len <= MAX_LEN {
            body.extend_from_slice(&chunk);
        } else if len > MAX_DRAINED {
            break;
        }
    }
    if len > MAX_LEN { Err(RequestError::BodyTooLong(MAX_LEN)) } else { Ok(body) }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, RequestError> {
    if !body.trim_ascii_start().starts_with(b"{") {
        // Another JSON value, or not JSON.
        return Err(match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => RequestError::InvalidBody("expected a JSON object".to_owned()),
            Err(_) => RequestError::MalformedJson,
        });
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(WithoutField::new(&mut json, TOKEN_FIELD));
    let parsed = parsed.map_err(|error| match error.inner().classify() {
        Category::Data => RequestError::InvalidBody(describe(&error)),
        Category::Syntax | Category::Eof | Category::Io => RequestError::MalformedJson,
    })?;
    json.end().map_err(|_| RequestError::MalformedJson)?;
    Ok(parsed)
}
