//! Tokens for a service that calls services.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::time::Instant;

use super::{
    credentials::Credentials,
    http::{FetchError, IssuerUrl},
    token_endpoint::{NoTokens, TokenEndpoint, Tokens},
};
use crate::{secret::Secret, tasks::jittered};

/// Logs in at the issuer and keeps a valid access token, for a service that calls other services.
///
/// Tokens are kept in memory and renewed ahead of their end, by one request for all who wait, beside the calls: while the
/// issuer is down the cached token is used until it expires. Clones share one login; a service makes one and gives it to
/// all its workers. To be used within a Tokio runtime, such as actix-web's.
///
/// ```no_run
/// use shared::client::{Credentials, IssuerUrl, TokenClient};
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = IssuerUrl::parse("https://login.example.com", false)?;
/// let tokens = TokenClient::new(&issuer, Credentials::client("reports@clients", "the secret"))?;
/// let http = reqwest::Client::new();
/// let answer = tokens.send(http.get("https://billing.example.com/invoices")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TokenClient(Arc<Keeper>);

/// Why there is no access token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenError {
    /// The issuer refuses the login; the code tells why, such as `invalid_credentials` or `invalid_client`.
    #[error("the issuer refuses the login: {code}: {message}")]
    Refused {
        /// A code to match on.
        code: String,
        /// A sentence for people.
        message: String,
    },
    /// The issuer does not answer, or not with a token.
    #[error("the issuer gives no token")]
    Unavailable(#[source] Arc<FetchError>),
    /// The runtime that asked the issuer ended meanwhile.
    #[error("asking the issuer was cut short")]
    Interrupted,
}

struct Keeper {
    endpoint: TokenEndpoint,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tokens: Option<Tokens>,
    /// Under way, on a task of its own: it goes on when those who wait for it go away, so that no refresh token is lost.
    renewal: Option<Renewal>,
    failure: Option<Failure>,
    /// Since when the refresh token is perhaps spent, since the issuer's answer did not arrive.
    unclear_since: Option<Instant>,
}

type Renewal = Shared<BoxFuture<'static, Result<Secret, TokenError>>>;

struct Failure {
    error: TokenError,
    streak: u32,
    /// The issuer is left alone until then.
    until: Instant,
}

/// The issuer takes a refresh token again for 30 seconds while its successor is unused: the answer may have got lost on
/// the way. Later it takes it for stolen, so that one is then given up in time.
const REUSE_GRACE: Duration = Duration::from_secs(20);

impl TokenClient {
    /// Asks nobody yet: the first token is asked for when it is wanted.
    ///
    /// # Errors
    /// If this machine's root certificates cannot be read.
    pub fn new(issuer: &IssuerUrl, credentials: Credentials) -> Result<Self, reqwest::Error> {
        let endpoint = TokenEndpoint::new(issuer, credentials)?;
        Ok(Self(Arc::new(Keeper { endpoint, state: Mutex::default() })))
    }

    /// An access token that is good now.
    ///
    /// # Errors
    /// [`TokenError`] if there is none and the issuer gives none. It is then asked again after a pause that grows from a
    /// quarter of a second to half a minute; meanwhile the error is answered at once.
    pub async fn access_token(&self) -> Result<Secret, TokenError> {
        match self.cached_or_renewed().await {
            // Another thread's runtime had begun and ended; this one goes on.
            Err(TokenError::Interrupted) => self.cached_or_renewed().await,
            done => done,
        }
    }

    async fn cached_or_renewed(&self) -> Result<Secret, TokenError> {
        let renewal = {
            let mut state = self.0.state();
            let now = Instant::now();
            let pausing = state.failure.as_ref().filter(|failure| now < failure.until);
            if let Some(tokens) = state.tokens.as_ref().filter(|tokens| now < tokens.good_until) {
                let access = tokens.access.clone();
                if now >= tokens.due_at && pausing.is_none() {
                    // It goes on by itself.
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

    /// An access token in place of one that a service has refused: the cached one if it is another, else a new one.
    ///
    /// # Errors
    /// As [`TokenClient::access_token`].
    pub async fn access_token_in_place_of(&self, refused: &Secret) -> Result<Secret, TokenError> {
        self.give_up(refused);
        self.access_token().await
    }

    /// A token that a service has refused is not handed out any more.
    pub(super) fn give_up(&self, refused: &Secret) {
        let mut state = self.0.state();
        if let Some(tokens) = state.tokens.as_mut().filter(|tokens| tokens.access == *refused) {
            tokens.good_until = Instant::now();
        }
    }

    /// The renewal under way, or a new one.
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

impl Keeper {
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
                    log::info!("the issuer gives tokens again, after {} failed tries", failure.streak);
                }
                state.unclear_since = None;
                let access = tokens.access.clone();
                state.tokens = Some(tokens);
                Ok(access)
            }
            Err((error, retry_after)) => {
                let streak = state.failure.as_ref().map_or(0, |failure| failure.streak) + 1;
                if streak.is_power_of_two() {
                    log::warn!("no token from the issuer (try {streak}): {error}");
                }
                let until = Instant::now() + pause(streak).max(retry_after.unwrap_or_default());
                state.failure = Some(Failure { error: error.clone(), streak, until });
                Err(error)
            }
        }
    }

    /// By the refresh token, if there is one that is worth a try; else by logging in.
    async fn tokens(&self) -> Result<Tokens, (TokenError, Option<Duration>)> {
        if let Some(refresh) = self.usable_refresh_token() {
            match self.refreshed(&refresh).await {
                Ok(tokens) => return Ok(tokens),
                Err(NoTokens::Refused { code, .. }) => {
                    log::info!("the issuer rejects the refresh token ({code}): logging in again");
                    self.state().forget_refresh_token();
                }
                Err(no_answer) => return Err(failed(no_answer)),
            }
        }
        self.endpoint.log_in().await.map_err(failed)
    }

    /// An answer that got lost is asked for once more at once.
    async fn refreshed(&self, refresh: &Secret) -> Result<Tokens, NoTokens> {
        let asked_at = Instant::now();
        match self.endpoint.refresh(refresh).await {
            Err(NoTokens::NoAnswer { is_unsent: false, error, .. }) => {
                log::debug!("a refresh may have got lost: {error}");
                self.state().unclear_since.get_or_insert(asked_at);
                self.endpoint.refresh(refresh).await
            }
            answered => answered,
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

/// How long the issuer is left alone after so many failures in a row.
fn pause(streak: u32) -> Duration {
    const FIRST: Duration = Duration::from_millis(250);
    const LONGEST: Duration = Duration::from_secs(30);
    jittered(LONGEST.min(FIRST.saturating_mul(1 << (streak - 1).min(16))))
}

fn failed(no_tokens: NoTokens) -> (TokenError, Option<Duration>) {
    const LONGEST: Duration = Duration::from_mins(5);
    match no_tokens {
        NoTokens::Refused { code, message } => (TokenError::Refused { code, message }, None),
        NoTokens::NoAnswer { error, retry_after, .. } => {
            (TokenError::Unavailable(Arc::new(error)), retry_after.map(|pause| pause.min(LONGEST)))
        }
    }
}
