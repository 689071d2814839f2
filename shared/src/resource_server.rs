//! The entry point: everything a service needs to accept access tokens, in one object.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use crate::{
    client::{Issuer, IssuerLookups, SetupError},
    errors::{AuthError, CustomResponse},
    rules::{ErrorHook, RuleContext, RuleState},
    tasks::{SupervisedTask, TaskHealth},
    time::UnixTime,
    token_location::TokenLocations,
    verifier::{TokenCache, TokenVerifier, TrustedIssuer},
};

/// A service that accepts access tokens (RFC 6749, section 1.1): its verifier, and the background tasks that keep the
/// issuers' keys and status lists current. Clones share both; the tasks stop when the last clone is dropped.
///
/// Runs under `#[tokio::main]` and `#[actix_web::main]`.
#[derive(Clone)]
#[must_use = "keys and status lists are kept current only while this lives"]
pub struct ResourceServer(Arc<Inner>);

struct Inner {
    verifier: Arc<TokenVerifier>,
    tasks: Vec<SupervisedTask>,
    #[cfg(feature = "actix")]
    app_data: Vec<crate::app_data::AppData>,
}

/// Builder for a [`ResourceServer`]. By default, tokens must have a status and verified tokens are cached.
#[must_use]
pub struct ResourceServerBuilder {
    audiences: Vec<String>,
    issuers: Vec<Issuer>,
    leeway: Duration,
    locations: TokenLocations,
    cache: Option<TokenCache>,
    rule_state: RuleState,
    error_hook: Option<Arc<ErrorHook>>,
    instance: Option<String>,
    cache_dir: Option<PathBuf>,
    #[cfg(feature = "actix")]
    app_data: Vec<crate::app_data::AppData>,
}

/// How long [`ResourceServerBuilder::start`] waits for issuers that do not respond.
const START_WAIT: Duration = Duration::from_secs(1);

impl ResourceServer {
    /// A builder for a service that accepts tokens with this `aud`.
    pub fn builder(audience: impl Into<String>) -> ResourceServerBuilder {
        ResourceServerBuilder {
            audiences: vec![audience.into()],
            issuers: Vec::new(),
            leeway: Duration::ZERO,
            locations: TokenLocations::default(),
            cache: Some(TokenCache::default()),
            rule_state: RuleState::default(),
            error_hook: None,
            instance: None,
            cache_dir: None,
            #[cfg(feature = "actix")]
            app_data: Vec::new(),
        }
    }

    /// The verifier, for code that has no extractor.
    pub fn verifier(&self) -> &Arc<TokenVerifier> {
        &self.0.verifier
    }

    /// The trusted issuers, with their keys, status lists and fetch statistics.
    pub fn issuers(&self) -> &[TrustedIssuer] {
        self.0.verifier.issuers()
    }

    /// The background tasks, for metrics and readiness.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<TaskHealth>> {
        self.0.tasks.iter().map(SupervisedTask::health)
    }

    /// Checks that tokens can be verified: keys and status lists are current, and the tasks that refresh them are alive.
    ///
    /// # Errors
    /// [`AuthError::KeysUnavailable`] or [`AuthError::StatusUnavailable`], depending on what is missing.
    pub fn readiness(&self, now: UnixTime) -> Result<(), AuthError> {
        if self.tasks().any(|task| !task.is_alive(now)) {
            return Err(AuthError::KeysUnavailable);
        }
        self.0.verifier.readiness(now)
    }

    /// Whether [`readiness`](Self::readiness) succeeds.
    pub fn is_ready(&self, now: UnixTime) -> bool {
        self.readiness(now).is_ok()
    }

    #[cfg(feature = "actix")]
    pub(crate) fn app_data(&self) -> &[crate::app_data::AppData] {
        &self.0.app_data
    }

    async fn first_fetch(&self) {
        let is_done = |issuer: &TrustedIssuer| {
            let stats = [issuer.key_stats(), issuer.status_stats()];
            stats.into_iter().flatten().all(crate::tasks::RefreshStats::has_attempted_fetch)
        };
        while !self.issuers().iter().all(is_done) {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl ResourceServerBuilder {
    /// Also accepts tokens with this `aud`.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts tokens of this issuer.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Tolerated clock skew when `exp` and `nbf` are checked, at most one minute. Default: zero.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// Where in a request tokens are accepted. Default: the `Authorization` header only.
    pub fn token_locations(self, locations: TokenLocations) -> Self {
        Self { locations, ..self }
    }

    /// Limits the cache of verified tokens to a number of tokens and of bytes. Default: 16,384 tokens and 32 MiB. Expiry,
    /// status and key of a cached token are still checked on each request.
    pub fn token_cache(self, tokens: usize, bytes: u64) -> Self {
        Self { cache: (tokens > 0).then(|| TokenCache::new(tokens, bytes)), ..self }
    }

    /// Makes this value available to rules through [`RuleContext::state`]. A later value of the same type replaces it.
    pub fn rule_state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.rule_state.insert(state);
        self
    }

    /// Sets a hook that returns the response to a rejected request, or `None` for the default error body. It replaces the
    /// seven error loaders of Flask-JWT-Extended (`@jwt.expired_token_loader` and others).
    ///
    /// ```
    /// use serde_json::json;
    /// use shared::{AuthError, CustomResponse, ResourceServer};
    ///
    /// let server = ResourceServer::builder("reports").on_error(|error, context| match error {
    ///     AuthError::Expired => Some(CustomResponse::json(401, &json!({ "msg": "Please log in again" }))),
    ///     // Redirect browsers to the login page.
    ///     AuthError::Missing(_) if context.request().header("Accept")?.contains("text/html") => {
    ///         Some(CustomResponse::redirect("/login"))
    ///     }
    ///     _ => None,
    /// });
    /// ```
    pub fn on_error(
        mut self,
        hook: impl Fn(&AuthError, &RuleContext<'_>) -> Option<CustomResponse> + Send + Sync + 'static,
    ) -> Self {
        self.error_hook = Some(Arc::new(hook));
        self
    }

    /// Sends this instance name to issuers when keys are fetched, so that they know which verifiers have a new key.
    pub fn instance(self, name: impl Into<String>) -> Self {
        Self { instance: Some(name.into()), ..self }
    }

    /// Stores copies of keys and status lists in this directory, so that the service can start while an issuer is down.
    /// Write access to the directory must be restricted to the service: it allows replacing the trusted keys.
    pub fn cache_dir(self, path: impl Into<PathBuf>) -> Self {
        Self { cache_dir: Some(path.into()), ..self }
    }

    #[cfg(feature = "actix")]
    pub(crate) fn with_app_data(mut self, app_data: crate::app_data::AppData) -> Self {
        self.app_data.push(app_data);
        self
    }

    /// A user lookup at the issuers configured so far. Results, including the role, are cached for `ttl`.
    ///
    /// # Errors
    /// [`SetupError`] for a URL that is invalid or not allowed.
    pub fn issuer_lookups(&self, ttl: Duration) -> Result<IssuerLookups, SetupError> {
        IssuerLookups::of(&self.issuers, ttl)
    }

    /// Builds the server and starts its background tasks on the current runtime. Does not wait for the issuers.
    ///
    /// # Errors
    /// [`SetupError`] for invalid settings.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn(self) -> Result<ResourceServer, SetupError> {
        self.check()?;
        let mut audiences = self.audiences.into_iter();
        let verifier = TokenVerifier::new(audiences.next().unwrap_or_default());
        let verifier = audiences.fold(verifier, TokenVerifier::with_audience);
        let mut verifier = verifier.with_leeway(self.leeway).with_locations(self.locations);
        verifier.cache = self.cache;
        (verifier.state, verifier.error_hook) = (self.rule_state, self.error_hook);
        let mut tasks = Vec::new();
        for issuer in self.issuers {
            let open = issuer.open(self.instance.as_deref(), self.cache_dir.as_deref())?;
            tasks.extend(open.tasks);
            verifier = verifier.trust(open.issuer);
        }
        let verifier = Arc::new(verifier);
        Ok(ResourceServer(Arc::new(Inner {
            verifier,
            tasks,
            #[cfg(feature = "actix")]
            app_data: self.app_data,
        })))
    }

    /// Validates the settings, as [`spawn`](Self::spawn) does, without starting anything.
    ///
    /// # Errors
    /// [`SetupError`] for invalid settings.
    pub fn check(&self) -> Result<(), SetupError> {
        if self.audiences.iter().any(|audience| audience.trim().is_empty()) {
            return Err(SetupError::EmptyAudience);
        }
        if self.issuers.is_empty() {
            return Err(SetupError::NoIssuer);
        }
        if self.leeway > TokenVerifier::MAX_LEEWAY {
            return Err(SetupError::Leeway { max: TokenVerifier::MAX_LEEWAY });
        }
        for (number, issuer) in self.issuers.iter().enumerate() {
            if self.issuers.iter().take(number).any(|known| known.name() == issuer.name()) {
                return Err(SetupError::DuplicateIssuer(issuer.name().to_owned()));
            }
            issuer.check()?;
        }
        Ok(())
    }

    /// Like [`spawn`](Self::spawn), but waits up to one second until each issuer's documents have been fetched once, so
    /// that the first request does not get 503.
    ///
    /// # Errors
    /// [`SetupError`] for invalid settings.
    pub async fn start(self) -> Result<ResourceServer, SetupError> {
        let server = self.spawn()?;
        if timeout(START_WAIT, server.first_fetch()).await.is_err() {
            log::warn!("an issuer has not responded yet: requests with tokens get 503 until it does");
        }
        Ok(server)
    }
}
