//! JSON parsed at the edge.

use std::time::Duration;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::BytesMut};
use futures_util::{
    StreamExt,
    future::{FutureExt, LocalBoxFuture},
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::timeout;

use crate::RequestError;
use shared::from_object;

/// The shape of a JSON body or a query string.
pub trait Form: DeserializeOwned + 'static {
    /// What it has, as it goes on after *The body must be a JSON object with* or *The query string may have*.
    const SHAPE: &'static str;
}

/// A request's JSON body. What is wrong with it is said in our words, not in the parser's.
pub struct JsonBody<T>(pub T);

/// The longest body that is read, in bytes.
const MAX_LEN: usize = 32 * 1024;
/// A body somewhat too long is read to its end all the same, so that its sender is there to get the answer.
const MAX_DRAINED: usize = 8 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

impl<T: Form> FromRequest for JsonBody<T> {
    type Error = RequestError;
    type Future = LocalBoxFuture<'static, Result<Self, RequestError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = req.content_type().eq_ignore_ascii_case("application/json");
        let payload = payload.take();
        async move {
            let body = read_body(payload).await?;
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
/// [`RequestError`] if it is longer than 32 KiB, or is not there within 10 seconds.
pub async fn read_body(payload: Payload) -> Result<BytesMut, RequestError> {
    timeout(TIMEOUT, read(payload)).await.map_err(|_| RequestError::BodyTooSlow)?
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

fn parse<T: Form>(body: &[u8]) -> Result<T, RequestError> {
    from_object(body).map_err(|error| match error.classify() {
        Category::Data => RequestError::WrongShape(T::SHAPE),
        Category::Syntax | Category::Eof | Category::Io => RequestError::MalformedJson,
    })
}
