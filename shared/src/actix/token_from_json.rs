//! Tokens in JSON bodies.

use std::time::Duration;

use actix_web::{
    HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::Method,
    middleware::Next,
    web::Bytes,
};
use futures_util::{
    StreamExt,
    stream::{self, Fuse},
};
use serde::Deserialize;
use tokio::time::timeout;

use crate::{compact_jws::MAX_TOKEN_LEN, json::from_object};

/// The token that [`read_token_from_json`] found, as a request extension.
pub(crate) struct TokenFromJson(pub(crate) String);

#[derive(Deserialize)]
struct TokenBody {
    access_token: String,
}

/// Middleware for [`TokenLocation::Json`](crate::verifier::TokenLocation::Json): reads the token from a JSON body, and
/// passes the body on unchanged.
///
/// ```
/// use actix_web::{App, middleware::from_fn};
///
/// let app = App::new().wrap(from_fn(shared::actix::read_token_from_json));
/// ```
///
/// Bodies that are too long, too slow or incomplete are also passed on; no token is read from them.
///
/// # Errors
/// Those of the inner service.
pub async fn read_token_from_json<B: MessageBody>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let is_json = req.content_type().eq_ignore_ascii_case("application/json");
    if is_json && *req.method() != Method::GET {
        let BufferedBody { chunks, body, rest } = BufferedBody::read(req.take_payload()).await;
        if let Ok(TokenBody { access_token }) = from_object(&body)
            && access_token.len() <= MAX_TOKEN_LEN
        {
            req.extensions_mut().insert(TokenFromJson(access_token));
        }
        let body = stream::iter(chunks).chain(rest);
        req.set_payload(Payload::Stream { payload: body.boxed_local() });
    }
    next.call(req).await
}

/// The beginning of a body, and the rest of the stream, which is usually empty.
struct BufferedBody {
    chunks: Vec<Result<Bytes, PayloadError>>,
    /// The chunks so far, concatenated.
    body: Vec<u8>,
    rest: Fuse<Payload>,
}

impl BufferedBody {
    /// Enough for a token of maximum length and as many other bytes.
    const MAX_LEN: usize = 2 * MAX_TOKEN_LEN;
    const TIMEOUT: Duration = Duration::from_secs(10);

    async fn read(payload: Payload) -> Self {
        let mut beginning = Self { chunks: Vec::new(), body: Vec::new(), rest: payload.fuse() };
        // After a timeout, the incomplete body has no readable token.
        let _ = timeout(Self::TIMEOUT, beginning.fill()).await;
        beginning
    }

    async fn fill(&mut self) {
        while self.body.len() <= Self::MAX_LEN
            && let Some(chunk) = self.rest.next().await
        {
            let is_good = chunk.as_ref().map(|chunk| self.body.extend_from_slice(chunk)).is_ok();
            self.chunks.push(chunk);
            if !is_good {
                return;
            }
        }
    }
}
