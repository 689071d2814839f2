//! Access tokens for calls to other services.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::time::Instant;

use super::{
    credentials::Credentials,
    http::{FetchError, IssuerUrl},
    token_endpoint::{TokenEndpoint, TokenRequestError, Tokens},
};
use crate::{secret::Secret, tasks::jittered};

/// Obtains and renews access tokens, for a service that calls other services.
///
/// Tokens are cached in memory and renewed in the background before they expire, with one request for all concurrent calls.
/// While the issuer is down, the cached token is used until it expires. Clones share the tokens: create one client and
/// clone it for each worker. Must be used within a tokio runtime, such as that of actix-web.
///
/// ```no_run
/// use shared::client::{Credentials, IssuerUrl, TokenClient};
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = IssuerUrl::parse("https://login.example.com", false)?;
/// let tokens = TokenClient::new(&issuer, Credentials::client("reports@clients", "the secret"))?;
/// let http = reqwest::Client::new();
/// let response = tokens.send(http.get("https://billing.example.com/invoices")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TokenClient(Arc<Inner>);

/// Why no access token is available.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenError {
    /// The issuer rejected the login.
    #[error("the issuer rejected the login: {code}: {message}")]
    Refused {
        /// The error code, such as `invalid_credentials` or `invalid_client`.
        code: String,
        /// A message for people; the wording may change.
        message: String,
    },
    /// The issuer did not respond with a token.
    #[error("the issuer returned no token")]
    Unavailable(#[source] Arc<FetchError>),
    /// The runtime that performed the request was shut down.
    #[error("the request to the issuer was cancelled")]
    Interrupted,
}

struct Inner {
    endpoint: TokenEndpoint,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tokens: Option<Tokens>,
    /// The renewal in progress. It is a task of its own, which continues if all waiting calls are cancelled, so that no
    /// refresh token is lost.
    renewal: Option<Renewal>,
    failure: Option<Failure>,
    /// When the refresh token may have been used, because the response of a refresh was lost.
    unclear_since: Option<Instant>,
}

type Renewal = Shared<BoxFuture<'static, Result<Secret, TokenError>>>;

struct Failure {
    error: TokenError,
    attempts: u32,
    /// No requests are sent to the issuer until then.
    until: Instant,
}

/// How long a refresh token that may have been used is retried. The issuer accepts it again for 30 seconds (its reuse
/// grace) and treats it as stolen afterwards.
const REUSE_GRACE: Duration = Duration::from_secs(20);

impl TokenClient {
    /// Creates a client. The first token is requested when it is needed.
    ///
    /// # Errors
    /// If the root certificates of this machine cannot be read.
    pub fn new(issuer: &IssuerUrl, credentials: Credentials) -> Result<Self, reqwest::Error> {
        let endpoint = TokenEndpoint::new(issuer, credentials)?;
        Ok(Self(Arc::new(Inner { endpoint, state: Mutex::default() })))
    }

    /// A valid access token, from the cache if possible.
    ///
    /// # Errors
    /// [`TokenError`] if none is cached and the issuer does not issue one. Further requests to the issuer are delayed, from
    /// 250 ms up to 30 s (or its `Retry-After`); until then the error is returned immediately.
    pub async fn access_token(&self) -> Result<Secret, TokenError> {
        match self.cached_or_renewed().await {
            // The runtime of another thread was shut down; retry on this one.
            Err(TokenError::Interrupted) => self.cached_or_renewed().await,
            done => done,
        }
    }

    async fn cached_or_renewed(&self) -> Result<Secret, TokenError> {
        let renewal = {
            let mut state = self.0.state();
            let now = Instant::now();
            let pausing = state.failure.as_ref().filter(|failure| now < failure.until);
            if let Some(tokens) = state.tokens.as_ref().filter(|tokens| now < tokens.usable_until) {
                let access = tokens.access.clone();
                if now >= tokens.renew_at && pausing.is_none() {
                    // It continues in the background.
                    drop(self.renewal(&mut state));
                }
                return Ok(access);
            }
            if let Some(failure) = pausing {
                return Err(failure.error.clone());
            }
            self.renewal(&mut state)
        };
        renewal.await
    }

    /// An access token to replace one that a service has rejected: the cached one if it differs, otherwise a new one.
    ///
    /// # Errors
    /// Like [`TokenClient::access_token`].
    pub async fn replace_access_token(&self, rejected: &Secret) -> Result<Secret, TokenError> {
        self.discard(rejected);
        self.access_token().await
    }

    /// Stops using a token that a service has rejected.
    pub(super) fn discard(&self, rejected: &Secret) {
        let mut state = self.0.state();
        if let Some(tokens) = state.tokens.as_mut().filter(|tokens| tokens.access == *rejected) {
            tokens.usable_until = Instant::now();
        }
    }

    /// The renewal in progress, or a new one.
    fn renewal(&self, state: &mut State) -> Renewal {
        if let Some(renewal) = state.renewal.as_ref().filter(|renewal| renewal.peek().is_none()) {
            return renewal.clone();
        }
        let keeper = Arc::clone(&self.0);
        let task = tokio::spawn(async move { keeper.renew().await });
        let renewal = task.map(|done| done.unwrap_or(Err(TokenError::Interrupted))).boxed().shared();
        state.renewal.insert(renewal).clone()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew(&self) -> Result<Secret, TokenError> {
        let renewed = self.tokens().await;
        let mut state = self.state();
        state.renewal = None;
        match renewed {
            Ok(tokens) => {
                if let Some(failure) = state.failure.take() {
                    log::info!("the issuer issues tokens again after {} failed attempts", failure.attempts);
                }
                state.unclear_since = None;
                let access = tokens.access.clone();
                state.tokens = Some(tokens);
                Ok(access)
            }
            Err((error, retry_after)) => {
                let attempts = state.failure.as_ref().map_or(0, |failure| failure.attempts) + 1;
                if attempts.is_power_of_two() {
                    log::warn!("token request to the issuer failed (attempt {attempts}): {error}");
                }
                let until = Instant::now() + retry_delay(attempts).max(retry_after.unwrap_or_default());
                state.failure = Some(Failure { error: error.clone(), attempts, until });
                Err(error)
            }
        }
    }

    /// Obtains tokens with the refresh token, if it is usable, or else with a login.
    async fn tokens(&self) -> Result<Tokens, (TokenError, Option<Duration>)> {
        if let Some(refresh) = self.usable_refresh_token() {
            match self.refreshed(&refresh).await {
                Ok(tokens) => return Ok(tokens),
                Err(TokenRequestError::Refused { code, .. }) => {
                    log::info!("the issuer rejects the refresh token ({code}): logging in again");
                    self.state().forget_refresh_token();
                }
                Err(no_response) => return Err(failed(no_response)),
            }
        }
        self.endpoint.log_in().await.map_err(failed)
    }

    /// Retries once, immediately, if the response was lost.
    async fn refreshed(&self, refresh: &Secret) -> Result<Tokens, TokenRequestError> {
        let requested_at = Instant::now();
        match self.endpoint.refresh(refresh).await {
            Err(TokenRequestError::NoResponse { is_unsent: false, error, .. }) => {
                log::debug!("the response to a refresh was lost, retrying: {error}");
                self.state().unclear_since.get_or_insert(requested_at);
                self.endpoint.refresh(refresh).await
            }
            done => done,
        }
    }

    fn usable_refresh_token(&self) -> Option<Secret> {
        let mut state = self.state();
        if state.unclear_since.is_some_and(|since| since.elapsed() >= REUSE_GRACE) {
            state.forget_refresh_token();
        }
        state.tokens.as_ref()?.refresh.clone()
    }
}

impl State {
    fn forget_refresh_token(&mut self) {
        self.unclear_since = None;
        if let Some(tokens) = &mut self.tokens {
            tokens.refresh = None;
        }
    }
}

/// The delay after `attempts` consecutive failures.
fn retry_delay(attempts: u32) -> Duration {
    const MIN_DELAY: Duration = Duration::from_millis(250);
    const MAX_DELAY: Duration = Duration::from_secs(30);
    jittered(MAX_DELAY.min(MIN_DELAY.saturating_mul(1 << (attempts - 1).min(16))))
}

fn failed(no_tokens: TokenRequestError) -> (TokenError, Option<Duration>) {
    const MAX_DELAY: Duration = Duration::from_mins(5);
    match no_tokens {
        TokenRequestError::Refused { code, message } => (TokenError::Refused { code, message }, None),
        TokenRequestError::NoResponse { error, retry_after, .. } => {
            (TokenError::Unavailable(Arc::new(error)), retry_after.map(|pause| pause.min(MAX_DELAY)))
        }
    }
}
