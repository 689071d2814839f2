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

/// What [`read_token_from_json`] leaves for the extractors.
pub(crate) struct TokenFromJson(pub(crate) String);

#[derive(Deserialize)]
struct TokenBody {
    access_token: String,
}

/// Middleware for [`TokenLocation::Json`](crate::verifier::TokenLocation::Json): reads the token from a JSON body and hands the body on untouched.
///
/// ```
/// use actix_web::{App, middleware::from_fn};
///
/// let app = App::new().wrap(from_fn(shared::actix::read_token_from_json));
/// ```
///
/// A body that is too long for a token, too slow or cut off is handed on as well, for the inner service to judge.
///
/// # Errors
/// Those of the inner service.
pub async fn read_token_from_json<B: MessageBody>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let is_json = req.content_type().eq_ignore_ascii_case("application/json");
    if is_json && *req.method() != Method::GET {
        let Beginning { chunks, body, rest } = Beginning::read(req.take_payload()).await;
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

/// The beginning of a body, and what has yet to come; nothing, as a rule.
struct Beginning {
    chunks: Vec<Result<Bytes, PayloadError>>,
    /// The same in one piece.
    body: Vec<u8>,
    rest: Fuse<Payload>,
}

impl Beginning {
    /// A token and as much again for what stands beside it.
    const MAX_LEN: usize = 2 * MAX_TOKEN_LEN;
    const TIMEOUT: Duration = Duration::from_secs(10);

    async fn read(payload: Payload) -> Self {
        let mut beginning = Self { chunks: Vec::new(), body: Vec::new(), rest: payload.fuse() };
        // A body that is not there in time has no token that could be read.
        let _ = timeout(Self::TIMEOUT, beginning.read_on()).await;
        beginning
    }

    async fn read_on(&mut self) {
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
