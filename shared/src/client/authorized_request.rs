//! Requests to other services, with a token.

use reqwest::{Client, Request, RequestBuilder, Response, StatusCode, header};

use super::{
    http::{FetchError, read_body},
    token_client::{TokenClient, TokenError},
    token_problem::TokenProblem,
};
use crate::secret::Secret;

/// Why a request with a token brought no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no token to send.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The service answered 401, also after another try where that was worth one.
    #[error("{url} refuses the token: {problem:?}")]
    Unauthorized {
        /// What was asked for.
        url: String,
        /// What is wrong with the token.
        problem: TokenProblem,
    },
    /// The request is invalid, or the service does not respond.
    #[error(transparent)]
    Request(#[from] reqwest::Error),
}

impl TokenClient {
    /// Sends a request with an access token, whatever `Authorization` it had.
    ///
    /// Where the service says that the token has expired, was revoked or has stale claims, the request is sent once more
    /// with a new one, unless its body is a stream, which cannot be sent twice.
    ///
    /// # Errors
    /// [`SendError`]. Any answer but 401 is an answer: also 403, which a new token would not change.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, SendError> {
        let (client, request) = request.build_split();
        let request = request?;
        let again = request.try_clone();
        let token = self.access_token().await?;
        let refused = match send_with(client.clone(), request, &token).await {
            Err(SendError::Unauthorized { url, problem }) if problem.is_cured_by_a_new_token() => {
                self.give_up(&token);
                SendError::Unauthorized { url, problem }
            }
            done => return done,
        };
        let Some(again) = again else { return Err(refused) };
        match self.access_token().await {
            Ok(newer) => send_with(client, again, &newer).await,
            Err(error) => {
                log::debug!("no new token for another try: {error}");
                Err(refused)
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
        Err(FetchError::NoAnswer { source, .. }) => Err(source.into()),
        Err(_) => Err(SendError::Unauthorized { url, problem: TokenProblem::Unknown }),
    }
}
