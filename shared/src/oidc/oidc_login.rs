//! The entry point: everything that a web application needs to log users in, in one object.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use tokio::sync::Semaphore;

use super::{
    login_cookies::LoginCookies,
    login_error::LoginError,
    login_sessions::LoginSessions,
    provider::{Provider, ProviderSource},
    public_url::PublicUrl,
    refresh_turns::RefreshTurns,
    return_to::ReturnTo,
    sealing_key::SealingKey,
    signed_token::Trust,
    token_request::OidcClient,
};
use crate::{
    errors::CustomResponse,
    tasks::{SupervisedTask, TaskHealth},
};

/// Logs users of a web application in at an OpenID provider. Clones share everything; the background tasks that keep the
/// issuer's keys and endpoints current stop when the last clone is dropped.
///
/// ```no_run
/// use shared::{client::Issuer, oidc::{OidcLogin, SignedInUser}};
///
/// async fn home(user: SignedInUser) -> String {
///     format!("Hello {}", user.username())
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let login = OidcLogin::builder(Issuer::discover("https://login.example.com"), "shop")
///     .client_secret(std::env::var("CLIENT_SECRET")?)
///     .public_url("https://shop.example.com")
///     .start()
///     .await?;
/// let app = move || actix_web::App::new().configure(login.app()).route("/", actix_web::web::get().to(home));
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "keys and endpoints are kept current only while this lives"]
pub struct OidcLogin(pub(super) Arc<Inner>);

pub(super) type LoginErrorHook = dyn Fn(&LoginError) -> Option<CustomResponse> + Send + Sync;

pub(super) struct Inner {
    pub(super) source: Arc<ProviderSource>,
    pub(super) provider: Arc<ArcSwapOption<Provider>>,
    pub(super) trust: Trust,
    pub(super) client: OidcClient,
    pub(super) url: PublicUrl,
    pub(super) scope: String,
    pub(super) cookies: LoginCookies,
    pub(super) key: SealingKey,
    pub(super) sessions: Arc<dyn LoginSessions>,
    pub(super) session_ttl: Duration,
    pub(super) turns: Arc<RefreshTurns>,
    /// Codes that are being exchanged: strangers can begin as many logins as they like.
    pub(super) exchanges: Semaphore,
    pub(super) after_login: ReturnTo,
    pub(super) after_logout: ReturnTo,
    pub(super) error_hook: Option<Box<LoginErrorHook>>,
    pub(super) tasks: Vec<SupervisedTask>,
}

impl OidcLogin {
    /// The redirect URI to register at the issuer.
    pub fn redirect_uri(&self) -> String {
        self.0.url.at("/callback")
    }

    /// The URI to register for the way back after logout.
    pub fn post_logout_uri(&self) -> String {
        self.0.url.at(self.0.after_logout.as_str())
    }

    /// The URI to register for back-channel logout.
    pub fn backchannel_logout_uri(&self) -> String {
        self.0.url.at("/backchannel-logout")
    }

    /// Whether the issuer's keys and endpoints are known, so that users can log in.
    pub fn is_ready(&self, now: crate::time::UnixTime) -> bool {
        self.0.provider.load().is_some() && self.0.trust.keys.is_current(now)
    }

    /// The background tasks, for metrics and readiness.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<TaskHealth>> {
        self.0.tasks.iter().map(SupervisedTask::health)
    }

    pub(super) fn provider(&self) -> Result<Arc<Provider>, LoginError> {
        self.0.provider.load_full().ok_or(LoginError::NotDiscovered)
    }
}
