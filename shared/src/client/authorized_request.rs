//! Requests to other services with an access token.

use reqwest::{Client, Request, RequestBuilder, Response, StatusCode, header};

use super::{
    http::{FetchError, read_body},
    token_client::{TokenClient, TokenError},
    token_problem::TokenProblem,
};
use crate::secret::Secret;

/// Why a request with an access token failed.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No access token is available.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The service responded with 401, even after a retry if a new token could help.
    #[error("{url} rejected the token: {problem:?}")]
    Unauthorized {
        /// The URL of the request.
        url: String,
        /// What is wrong with the token.
        problem: TokenProblem,
    },
    /// The request is invalid, or the service did not respond.
    #[error(transparent)]
    Request(#[from] reqwest::Error),
}

impl TokenClient {
    /// Sends a request with an access token, which replaces any `Authorization` header.
    ///
    /// If the service responds that the token has expired, been revoked or has stale claims, the request is retried once
    /// with a new token, unless its body is a stream, which cannot be sent twice.
    ///
    /// # Errors
    /// [`SendError`] if there is no token, no response, or a 401. All other status codes, including 403, are returned as
    /// the response.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, SendError> {
        let (client, request) = request.build_split();
        let request = request?;
        let retry = request.try_clone();
        let token = self.access_token().await?;
        let rejected = match send_with(client.clone(), request, &token).await {
            Err(SendError::Unauthorized { url, problem }) if problem.is_fixed_by_a_new_token() => {
                self.discard(&token);
                SendError::Unauthorized { url, problem }
            }
            done => return done,
        };
        let Some(retry) = retry else { return Err(rejected) };
        match self.access_token().await {
            Ok(newer) => send_with(client, retry, &newer).await,
            Err(error) => {
                log::debug!("cannot obtain a new token to retry with: {error}");
                Err(rejected)
            }
        }
    }
}

async fn send_with(client: Client, mut request: Request, token: &Secret) -> Result<Response, SendError> {
    const MAX_LEN: usize = 64 * 1024;
    request.headers_mut().remove(header::AUTHORIZATION);
    let response = RequestBuilder::from_parts(client, request).bearer_auth(token.expose()).send().await?;
    if response.status() != StatusCode::UNAUTHORIZED {
        return Ok(response);
    }
    let url = response.url().to_string();
    match read_body(response, MAX_LEN).await {
        Ok(body) => Err(SendError::Unauthorized { url, problem: TokenProblem::read(&body) }),
        Err(FetchError::NoResponse { source, .. }) => Err(source.into()),
        Err(_) => Err(SendError::Unauthorized { url, problem: TokenProblem::Unknown }),
    }
}
