//! The settings of a verifier: keys, status lists and the token cache, and how they configure an [`Issuer`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::{
    client::{Issuer, IssuerDocument, IssuerInterval, SetupError},
    status::OnStale,
};

use crate::{list::List, settings::SettingsSpec, start_error::StartError};

/// The section `keys`: an issuer's keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyConfig {
    /// How often the JWKS is refreshed. Default: 60.
    pub refresh_secs: u64,
    /// How long keys are trusted while the issuer is unreachable. Default: 86400 (a day).
    pub max_stale_secs: u64,
}

/// The section `revocation`: an issuer's status lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RevocationConfig {
    /// Whether tokens without a status list entry are rejected. With `false` and a public key in PEM, no lists are fetched and
    /// revocation has no effect. Default: true, or false with a public key in PEM.
    pub required: Option<bool>,
    /// How often status lists are polled: the maximum time a revoked token keeps working. Default: 2.
    pub poll_secs: u64,
    /// How long status lists are trusted while the issuer is unreachable. Default: 300.
    pub max_stale_secs: u64,
    /// What happens after that: `closed` responds with 503, `open` uses the old lists. `/admin` is always closed. Default: `closed`.
    pub on_stale: OnStale,
    /// Overrides for single routes: `/dashboard=open,/admin=closed`. Rules such as `Admin` stay closed. Default: none.
    pub routes: List,
}

/// The section `token_cache`: verified tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenCacheConfig {
    /// Maximum number of verified tokens to cache, so that a signature is verified once; 0 disables the cache. Default: 16384.
    pub tokens: usize,
    /// Maximum memory of the cache. Default: 33554432 (32 MiB).
    pub bytes: u64,
}

impl Default for KeyConfig {
    fn default() -> Self {
        Self { refresh_secs: 60, max_stale_secs: 86_400 }
    }
}

impl Default for RevocationConfig {
    fn default() -> Self {
        Self { required: None, poll_secs: 2, max_stale_secs: 300, on_stale: OnStale::Closed, routes: List::default() }
    }
}

impl Default for TokenCacheConfig {
    fn default() -> Self {
        Self { tokens: 16_384, bytes: 32 * 1024 * 1024 }
    }
}

impl KeyConfig {
    /// The issuer with these settings.
    pub fn apply(&self, issuer: Issuer) -> Issuer {
        issuer
            .refresh_keys_every(Duration::from_secs(self.refresh_secs))
            .trust_keys_for(Duration::from_secs(self.max_stale_secs))
    }
}

impl RevocationConfig {
    /// The issuer with these settings; `routes` are the service's protected ones.
    ///
    /// # Errors
    /// [`StartError`] for an unknown route, or a value other than `open` and `closed`.
    pub fn apply(&self, issuer: Issuer, spec: &SettingsSpec, routes: &[&str]) -> Result<Issuer, StartError> {
        if self.max_stale_secs < self.poll_secs {
            let problem = format!("it must be at least {}", spec.variable("revocation.poll_secs"));
            let remedy = "Set it to several poll intervals.";
            return Err(StartError::new(spec.variable("revocation.max_stale_secs"), problem, remedy));
        }
        let issuer = issuer
            .poll_status_every(Duration::from_secs(self.poll_secs))
            .trust_status_for(Duration::from_secs(self.max_stale_secs))
            .on_stale(self.on_stale);
        self.routes.iter().try_fold(issuer, |issuer, entry| {
            let parsed = match entry.split_once('=') {
                Some((route, "open")) => Some((route, OnStale::Open)),
                Some((route, "closed")) => Some((route, OnStale::Closed)),
                _ => None,
            };
            let Some((route, on_stale)) = parsed.filter(|(route, _)| routes.contains(route)) else {
                let remedy = format!(
                    "Write routes as in {}=open; the routes are {}.",
                    routes.first().unwrap_or(&"/dashboard"),
                    routes.join(", ")
                );
                return Err(StartError::new(
                    spec.variable("revocation.routes"),
                    format!("invalid entry {entry:?}"),
                    remedy,
                ));
            };
            Ok(issuer.on_stale_at(route, on_stale))
        })
    }
}

impl SettingsSpec {
    /// The error that names the invalid setting of a resource server.
    pub fn invalid_verifier(&self, error: &SetupError) -> StartError {
        let https =
            format!("Set it to an https URL; on a trusted network, {}=true allows http.", self.variable("allow_http"));
        let pem = format!(
            "Set it to the issuer's public key in PEM, or {}_FILE to a file with it; unset both to use the issuer's JWKS.",
            self.variable("public_key")
        );
        let (key, remedy) = match error {
            SetupError::Leeway { .. } => ("leeway_secs", "Set it to 60 or less, and synchronize the clocks with NTP."),
            SetupError::EmptyAudience => ("audience", "Set it to the aud claim of the tokens."),
            SetupError::Url { document: IssuerDocument::Jwks, .. } => ("jwks_url", &*https),
            SetupError::Url { fetched_elsewhere: true, .. } => ("fetch_from", &*https),
            SetupError::Url { .. } => ("issuer", &*https),
            SetupError::PublicKey(_) => ("public_key", &*pem),
            SetupError::Interval { setting, .. } => (interval_key(*setting), "Set it to a number of seconds."),
            SetupError::CacheDir { .. } => {
                ("cache_dir", "Set it to a directory that this user can write to, or unset it.")
            }
            SetupError::Tls(_) => {
                ("issuer", "https requires root certificates on this machine (Debian: ca-certificates).")
            }
            _ => ("issuer", "Set it to the iss claim of the tokens, such as https://login.example.com."),
        };
        StartError::new(self.variable(key), error.to_string(), remedy)
    }
}

fn interval_key(interval: IssuerInterval) -> &'static str {
    match interval {
        IssuerInterval::KeyRefresh => "keys.refresh_secs",
        IssuerInterval::KeyMaxStale => "keys.max_stale_secs",
        IssuerInterval::StatusPoll => "revocation.poll_secs",
        IssuerInterval::StatusMaxStale => "revocation.max_stale_secs",
    }
}
