//! Configuration of an issuer.

use std::{path::Path, sync::Arc, time::Duration};

use super::{
    disk_copy::DiskCopy,
    http::IssuerUrl,
    jwks_source::JwksSource,
    key_refresher::refresh_keys,
    setup_error::{IssuerDocument, IssuerInterval, SetupError},
    status_refresher::refresh_status_lists,
    status_source::StatusSource,
};
use crate::{
    issuer_name::{InvalidIssuer, check_issuer_name},
    keys::{Algorithm, JwksCache, KeySet},
    status::{OnStale, StatusListCache, StatusListKeys, StatusPolicy},
    tasks::{RefreshStats, SupervisedTask},
    verifier::TrustedIssuer,
};

/// Configuration of an issuer: its name, where its documents are fetched from, and how long they are trusted.
///
/// The defaults are strict: tokens must have a status list entry, status lists are polled every 2 seconds and become stale
/// after 5 minutes, and plain http is allowed to this machine only.
///
/// ```
/// use std::time::Duration;
/// use shared::client::Issuer;
///
/// let issuer = Issuer::discover("https://login.example.com").poll_status_every(Duration::from_secs(1));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Issuer {
    name: String,
    fetch_from: Option<String>,
    jwks_url: Option<String>,
    pub(super) public_key: Option<String>,
    algorithms: Vec<Algorithm>,
    allow_http: bool,
    authorities: Option<Arc<str>>,
    key_refresh: Duration,
    key_max_stale: Duration,
    status_poll: Duration,
    status_max_stale: Duration,
    policy: StatusPolicy,
    pub(super) checks_revocation: bool,
}

/// A trusted issuer with its background tasks.
pub(crate) struct OpenIssuer {
    pub(crate) issuer: TrustedIssuer,
    pub(crate) tasks: Vec<SupervisedTask>,
}

/// Maximum of all intervals. A longer one must be a typo, and would risk overflows in time arithmetic.
const MAX_INTERVAL: Duration = Duration::from_hours(24 * 366);

impl Issuer {
    /// An issuer whose metadata (RFC 8414) is discovered through its name: the URL in the claim `iss` of its tokens, an
    /// exact match.
    pub fn discover(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            fetch_from: None,
            jwks_url: None,
            public_key: None,
            algorithms: vec![Algorithm::Rs256],
            allow_http: false,
            authorities: None,
            key_refresh: Duration::from_mins(1),
            key_max_stale: Duration::from_hours(24),
            status_poll: Duration::from_secs(2),
            status_max_stale: Duration::from_mins(5),
            policy: StatusPolicy::strict(),
            checks_revocation: true,
        }
    }

    /// Fetches the issuer's documents from this URL instead of its name, for example from an internal address.
    pub fn fetch_from(self, url: impl Into<String>) -> Self {
        Self { fetch_from: Some(url.into()), ..self }
    }

    /// Fetches the JWK set from this URL instead of the one in the metadata.
    pub fn jwks_url(self, url: impl Into<String>) -> Self {
        Self { jwks_url: Some(url.into()), ..self }
    }

    /// Uses this public key in PEM instead of fetching the JWK set. The issuer then cannot rotate its keys. Keys of status
    /// lists are fetched all the same.
    pub fn public_key(self, pem: impl Into<String>) -> Self {
        Self { public_key: Some(pem.into()), ..self }
    }

    /// The signature algorithms whose keys are used; others in the JWK set are ignored. auth-service signs with RS256, the
    /// default. A key from [`public_key`](Self::public_key) is used with the algorithm of its type.
    pub fn algorithms(self, algorithms: impl Into<Vec<Algorithm>>) -> Self {
        Self { algorithms: algorithms.into(), ..self }
    }

    /// Allows plain http to other machines. Use it only on trusted networks: an attacker on the network could inject keys.
    pub fn allow_http(self, allow_http: bool) -> Self {
        Self { allow_http, ..self }
    }

    /// Trusts these certificates in PEM instead of those of the system, for an issuer whose certificate a private authority has
    /// signed.
    pub fn ca_certificate(self, pem: impl Into<Arc<str>>) -> Self {
        Self { authorities: Some(pem.into()), ..self }
    }

    /// How often the keys are fetched. A token with an unknown key triggers an earlier fetch. Default: 1 minute.
    pub fn refresh_keys_every(self, interval: Duration) -> Self {
        Self { key_refresh: interval, ..self }
    }

    /// How long keys are trusted while the issuer does not respond. Default: 24 hours.
    pub fn trust_keys_for(self, max_stale: Duration) -> Self {
        Self { key_max_stale: max_stale, ..self }
    }

    /// How often the status lists are polled, and so how long a revoked token may still be accepted. Default: 2 seconds.
    pub fn poll_status_every(self, interval: Duration) -> Self {
        Self { status_poll: interval, ..self }
    }

    /// How long status lists are trusted while the issuer does not respond. Default: 5 minutes.
    pub fn trust_status_for(self, max_stale: Duration) -> Self {
        Self { status_max_stale: max_stale, ..self }
    }

    /// Whether routes fail open or closed while the status lists are stale. Default: closed, which responds with 503.
    pub fn on_stale(mut self, on_stale: OnStale) -> Self {
        self.policy.on_stale = on_stale;
        self
    }

    /// Like [`on_stale`](Self::on_stale), for one route, by its pattern, such as `/users/{id}`.
    pub fn on_stale_at(mut self, route: impl Into<String>, on_stale: OnStale) -> Self {
        self.policy.routes.insert(route.into(), on_stale);
        self
    }

    /// Whether tokens without a status list entry are rejected. Default: true. If false, lists are still polled, and tokens
    /// that have an entry are still checked.
    pub fn require_status(mut self, required: bool) -> Self {
        self.policy.required = required;
        self
    }

    /// Disables revocation checks: tokens are accepted until they expire, even after a logout.
    pub fn dangerously_ignore_revocation(self) -> Self {
        Self { checks_revocation: false, ..self }
    }

    /// The issuer's name, as in `iss`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL from which the documents are fetched.
    ///
    /// # Errors
    /// [`SetupError`] for a URL that is invalid or not allowed.
    pub fn base_url(&self) -> Result<IssuerUrl, SetupError> {
        let url = self.fetch_from.as_ref().unwrap_or(&self.name);
        self.url(url, IssuerDocument::Metadata)
    }

    /// Validates the settings and starts the background tasks.
    pub(crate) fn open(self, instance: Option<&str>, cache_dir: Option<&Path>) -> Result<OpenIssuer, SetupError> {
        self.check()?;
        let name = self.name.clone();
        let mut tasks = Vec::new();
        let (keys, key_stats) = self.open_keys(instance, cache_dir, &mut tasks)?;
        let mut issuer = TrustedIssuer::new(name, Arc::clone(&keys));
        issuer.key_stats = key_stats;
        if self.checks_revocation {
            let list_keys = StatusListKeys::new(self.open_status_list_keys(cache_dir, &mut tasks)?, keys);
            let lists = Arc::new(StatusListCache::new(self.status_max_stale));
            let source = StatusSource::of_issuer(&self.name, self.base_url()?)?;
            let copy = copy(cache_dir, |folder| DiskCopy::of_status_lists(folder, &self.name))?;
            let stats = Arc::<RefreshStats>::default();
            issuer.status_stats = Some(Arc::clone(&stats));
            tasks.push(refresh_status_lists(Arc::clone(&lists), list_keys, source, self.status_poll, copy, stats));
            issuer = issuer.with_status(lists, self.policy);
        }
        Ok(OpenIssuer { issuer, tasks })
    }

    fn open_keys(
        &self,
        instance: Option<&str>,
        cache_dir: Option<&Path>,
        tasks: &mut Vec<SupervisedTask>,
    ) -> Result<(Arc<JwksCache>, Option<Arc<RefreshStats>>), SetupError> {
        if let Some(pem) = &self.public_key {
            return Ok((Arc::new(JwksCache::fixed(KeySet::from_pem(pem)?)), None));
        }
        let source = instance.into_iter().fold(self.jwks()?, JwksSource::as_instance);
        let copy = copy(cache_dir, |folder| DiskCopy::of_keys(folder, &self.name))?;
        let keys = Arc::new(JwksCache::refreshed(self.key_max_stale));
        let stats = Arc::<RefreshStats>::default();
        tasks.push(refresh_keys(Arc::clone(&keys), source, self.key_refresh, copy, Arc::clone(&stats)));
        Ok((keys, Some(stats)))
    }

    /// Whatever keys the settings give for access tokens, those of status lists are the ones that the metadata names.
    fn open_status_list_keys(
        &self,
        cache_dir: Option<&Path>,
        tasks: &mut Vec<SupervisedTask>,
    ) -> Result<Arc<JwksCache>, SetupError> {
        let source = self.status_list_jwks()?;
        let copy = copy(cache_dir, |folder| DiskCopy::of_status_list_keys(folder, &self.name))?;
        let keys = Arc::new(JwksCache::refreshed(self.key_max_stale));
        // Without counters of their own: without these keys, it is the lists that are refused and counted.
        tasks.push(refresh_keys(Arc::clone(&keys), source, self.key_refresh, copy, Arc::default()));
        Ok(keys)
    }

    /// The keys of its ID tokens and logout tokens, kept current by a task.
    #[cfg(feature = "oidc")]
    pub(crate) fn open_openid_keys(&self, tasks: &mut Vec<SupervisedTask>) -> Result<Arc<JwksCache>, SetupError> {
        if let Some(pem) = &self.public_key {
            return Ok(Arc::new(JwksCache::fixed(KeySet::from_pem(pem)?)));
        }
        let source = match &self.jwks_url {
            Some(url) => JwksSource::at(&self.url(url, IssuerDocument::Jwks)?)?,
            None => JwksSource::of_openid_provider(self.name.clone(), self.base_url()?)?,
        };
        let keys = Arc::new(JwksCache::refreshed(self.key_max_stale));
        let source = source.for_algorithms(&*self.algorithms);
        tasks.push(refresh_keys(Arc::clone(&keys), source, self.key_refresh, None, Arc::default()));
        Ok(keys)
    }

    /// Where its keys are published.
    pub(super) fn jwks(&self) -> Result<JwksSource, SetupError> {
        let source = match &self.jwks_url {
            Some(url) => JwksSource::at(&self.url(url, IssuerDocument::Jwks)?)?,
            None => JwksSource::of_issuer(&self.name, self.base_url()?)?,
        };
        Ok(source.for_algorithms(&*self.algorithms))
    }

    /// Where the keys of its status lists are published.
    pub(super) fn status_list_jwks(&self) -> Result<JwksSource, SetupError> {
        Ok(JwksSource::of_status_lists(&self.name, self.base_url()?)?.for_algorithms(&*self.algorithms))
    }

    /// Validates the settings.
    pub(crate) fn check(&self) -> Result<(), SetupError> {
        // If nothing is fetched, the name can be any string.
        let is_fetched = self.public_key.is_none() || self.checks_revocation;
        let checked = if is_fetched { check_issuer_name(&self.name) } else { not_empty(&self.name) };
        let shown = if self.name.contains('@') { "" } else { &self.name };
        checked.map_err(|problem| SetupError::Issuer { issuer: shown.to_owned(), problem })?;
        if self.algorithms.is_empty() {
            return Err(SetupError::NoAlgorithm(shown.to_owned()));
        }
        for (setting, interval) in [
            (IssuerInterval::KeyRefresh, self.key_refresh),
            (IssuerInterval::KeyMaxStale, self.key_max_stale),
            (IssuerInterval::StatusPoll, self.status_poll),
            (IssuerInterval::StatusMaxStale, self.status_max_stale),
        ] {
            if interval.is_zero() || interval > MAX_INTERVAL {
                return Err(SetupError::Interval { setting, max: MAX_INTERVAL });
            }
        }
        if let Some(pem) = &self.public_key {
            KeySet::from_pem(pem)?;
        } else if let Some(url) = &self.jwks_url {
            self.url(url, IssuerDocument::Jwks)?;
        }
        if is_fetched {
            self.base_url()?;
        }
        Ok(())
    }

    fn url(&self, url: &str, document: IssuerDocument) -> Result<IssuerUrl, SetupError> {
        let parsed = IssuerUrl::parse(url, self.allow_http);
        let parsed = if document == IssuerDocument::Metadata { parsed.and_then(IssuerUrl::into_base) } else { parsed };
        let parsed = parsed.map(|url| self.authorities.iter().cloned().fold(url, IssuerUrl::ca_certificate));
        parsed.map_err(|source| SetupError::Url { document, fetched_elsewhere: self.fetch_from.is_some(), source })
    }
}

fn not_empty(name: &str) -> Result<(), InvalidIssuer> {
    if name.is_empty() { Err(InvalidIssuer::NotAUrl) } else { Ok(()) }
}

fn copy(
    cache_dir: Option<&Path>,
    open: impl FnOnce(&Path) -> std::io::Result<DiskCopy>,
) -> Result<Option<DiskCopy>, SetupError> {
    let Some(path) = cache_dir else { return Ok(None) };
    open(path).map(Some).map_err(|source| SetupError::CacheDir { path: path.to_owned(), source })
}
