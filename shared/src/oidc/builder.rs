//! Configuration of a login.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::{
    login_cookies::LoginCookies,
    login_error::LoginError,
    login_sessions::LoginSessions,
    memory_sessions::MemorySessions,
    oidc_login::{Inner, LoginErrorHook, OidcLogin},
    provider::ProviderSource,
    provider_refresher::refresh_provider,
    public_url::PublicUrl,
    return_to::ReturnTo,
    sealing_key::SealingKey,
    signed_token::Trust,
    token_request::OidcClient,
};
use crate::{
    client::{Issuer, SetupError},
    errors::CustomResponse,
    secret::Secret,
    time::UnixTime,
};

/// Builder for an [`OidcLogin`].
#[must_use]
pub struct OidcLoginBuilder {
    issuer: Issuer,
    client_id: String,
    secret: Option<Secret>,
    public_url: String,
    scope: String,
    sessions: Arc<dyn LoginSessions>,
    session_ttl: Duration,
    after_login: String,
    after_logout: String,
    error_hook: Option<Box<LoginErrorHook>>,
}

/// How long [`OidcLoginBuilder::start`] waits for an issuer that does not respond.
const START_WAIT: Duration = Duration::from_secs(1);
/// Longer sessions would outlive every password change and every employment.
const MAX_SESSION_TTL: Duration = Duration::from_hours(24 * 366);
const MAX_EXCHANGES: usize = 64;

impl OidcLogin {
    /// A builder for the client `client_id` of this issuer.
    pub fn builder(issuer: Issuer, client_id: impl Into<String>) -> OidcLoginBuilder {
        OidcLoginBuilder::new(issuer, client_id.into())
    }
}

impl OidcLoginBuilder {
    pub(super) fn new(issuer: Issuer, client_id: String) -> Self {
        Self {
            issuer,
            client_id,
            secret: None,
            public_url: "http://localhost:8080".to_owned(),
            scope: "openid profile".to_owned(),
            sessions: Arc::new(MemorySessions::default()),
            session_ttl: Duration::from_hours(12),
            after_login: "/".to_owned(),
            after_logout: "/".to_owned(),
            error_hook: None,
        }
    }

    /// The client's secret. Without it, the application is a public client, which only PKCE protects.
    pub fn client_secret(self, secret: impl Into<String>) -> Self {
        Self { secret: Some(Secret::new(secret.into())), ..self }
    }

    /// The URL under which browsers reach the application: https, or http on this machine. Its routes are below the URL's path:
    /// `/login`, `/callback`, `/logout` and `/backchannel-logout`. Default: `http://localhost:8080`.
    pub fn public_url(self, url: impl Into<String>) -> Self {
        Self { public_url: url.into(), ..self }
    }

    /// The requested scopes, separated by spaces. `openid` is always requested. Default: `openid profile`. With
    /// `offline_access` the issuer may return a refresh token that outlives its own session.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        Self { scope: scope.into(), ..self }
    }

    /// Where sessions are kept. Default: in memory, [`MemorySessions`].
    pub fn sessions(self, sessions: impl LoginSessions) -> Self {
        Self { sessions: Arc::new(sessions), ..self }
    }

    /// How long a session lives at most. Default: 12 hours.
    pub fn session_ttl(self, ttl: Duration) -> Self {
        Self { session_ttl: ttl, ..self }
    }

    /// The page after a login that was not begun at another page. Default: `/`.
    pub fn after_login(self, path: impl Into<String>) -> Self {
        Self { after_login: path.into(), ..self }
    }

    /// The page after logout, which is to be registered at the issuer as an absolute URL. Default: `/`.
    pub fn after_logout(self, path: impl Into<String>) -> Self {
        Self { after_logout: path.into(), ..self }
    }

    /// Sets a hook that returns the response to a failed login, or `None` for the default page.
    pub fn on_error(self, hook: impl Fn(&LoginError) -> Option<CustomResponse> + Send + Sync + 'static) -> Self {
        Self { error_hook: Some(Box::new(hook)), ..self }
    }

    /// Builds the login and starts its background tasks on the current runtime. Does not wait for the issuer.
    ///
    /// # Errors
    /// [`SetupError`] for invalid settings.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn(self) -> Result<OidcLogin, SetupError> {
        self.issuer.check()?;
        if self.client_id.trim().is_empty() {
            return Err(SetupError::EmptyClientId);
        }
        if self.session_ttl.is_zero() || self.session_ttl > MAX_SESSION_TTL {
            return Err(SetupError::SessionTtl { max: MAX_SESSION_TTL });
        }
        let path = |path: &str| ReturnTo::parse(path).ok_or_else(|| SetupError::LocalPath(path.to_owned()));
        let (after_login, after_logout) = (path(&self.after_login)?, path(&self.after_logout)?);
        let url = PublicUrl::parse(&self.public_url)?;
        let source = Arc::new(ProviderSource::of(&self.issuer)?);
        let mut tasks = Vec::new();
        let keys = self.issuer.open_openid_keys(&mut tasks)?;
        let provider = Arc::default();
        tasks.push(refresh_provider(Arc::clone(&source), Arc::clone(&provider)));
        let key = SealingKey::of_client(self.secret.as_ref()).ok_or(SetupError::NoRandomness)?;
        Ok(OidcLogin(Arc::new(Inner {
            trust: Trust { issuer: source.issuer.clone(), client_id: self.client_id.clone(), keys },
            source,
            provider,
            client: OidcClient { id: self.client_id, secret: self.secret },
            cookies: LoginCookies::of(&url),
            url,
            scope: with_openid(&self.scope),
            key,
            sessions: self.sessions,
            session_ttl: self.session_ttl,
            turns: Arc::default(),
            exchanges: Semaphore::new(MAX_EXCHANGES),
            after_login,
            after_logout,
            error_hook: self.error_hook,
            tasks,
        })))
    }

    /// Like [`spawn`](Self::spawn), but waits up to one second for the issuer, so that the first login does not get 503.
    ///
    /// # Errors
    /// [`SetupError`] for invalid settings.
    pub async fn start(self) -> Result<OidcLogin, SetupError> {
        let login = self.spawn()?;
        let is_ready = async {
            while !login.is_ready(UnixTime::now()) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        if timeout(START_WAIT, is_ready).await.is_err() {
            log::warn!("the issuer has not responded yet: logins get 503 until it does");
        }
        Ok(login)
    }
}

/// The scopes, among them `openid`.
fn with_openid(scope: &str) -> String {
    let others = scope.split_ascii_whitespace().filter(|scope| *scope != "openid");
    std::iter::once("openid").chain(others).collect::<Vec<_>>().join(" ")
}
