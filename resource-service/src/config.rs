//! The settings of resource-service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use service_kit::{
    Bound, ConnectionConfig, CorsConfig, Instance, KeyConfig, List, LogConfig, RevocationConfig, ServerSettings,
    SettingOrigins, SettingsSpec, StartError, TlsConfig, TokenCacheConfig, load_process_settings, load_settings,
};

/// Settings are named `RESOURCE__SECTION__KEY`.
pub const SETTINGS: SettingsSpec = SettingsSpec {
    prefix: "RESOURCE",
    file_variable: "RESOURCE_CONFIG",
    aliases: &[("JWT_PUBLIC_KEY", "public_key"), ("JWT_TOKEN_LOCATION", "token_location")],
    secrets: &["public_key"],
    optional_numbers: &["workers", "hsts_secs"],
};

/// All settings. The environment variable of each is its path in capitals: `keys.refresh_secs` is `RESOURCE__KEYS__REFRESH_SECS`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address to listen on; port 0 picks a free one and logs it. Default: 127.0.0.1:5001.
    pub listen: SocketAddr,
    /// Trusted issuer: exact match with the `iss` claim. Several are possible. Default: <http://localhost:5000>.
    pub issuer: List,
    /// Base URL for fetching the issuer's documents, if its public URL is not reachable from here; one per issuer, in
    /// the same order. Default: the issuer.
    pub fetch_from: List,
    /// Whether to allow plain http to hosts other than loopback. Default: false.
    pub allow_http: bool,
    /// PEM file with the certificates of the authorities that may sign the issuer's certificate. Default: the system's
    /// authorities.
    pub issuer_ca: Option<PathBuf>,
    /// The required `aud` claim. Default: `resource-service`.
    pub audience: String,
    /// URL of the JWKS; one per issuer, in the same order. The keys of status lists are still those named by the
    /// metadata. Default: `jwks_uri` of the issuer's metadata.
    pub jwks_url: List,
    /// A public key in PEM (line breaks may be written `\n`), instead of the issuer's JWKS; only with a single issuer.
    /// The keys of status lists, if those are required, are fetched. Default: none.
    pub public_key: Option<String>,
    /// Directory for copies of both key sets and the status lists, created if missing. Anyone who can write to it
    /// controls which keys are trusted. Default: none.
    pub cache_dir: Option<PathBuf>,
    /// Tolerated clock skew for `exp` and `nbf`; no more than a minute, since the issuer keeps the status of a token
    /// that long after it expires. Default: 0.
    pub leeway_secs: u32,
    /// Where tokens are read from, comma-separated: `headers`, `cookies`, `query_string`, `json`. Default: `headers`.
    pub token_location: String,
    /// Where the current user is loaded from: `claims`, the token itself, or `issuer`, its `/me` (cached for 5
    /// seconds). Default: `claims`.
    pub user_lookup: LookupKind,
    /// This replica's name in `X-Served-By`. Default: the host name.
    pub instance: Instance,
    /// Networks of your load balancers, whose `X-Forwarded-For` is trusted for the client's address. Default: none.
    pub trusted_proxies: List,
    /// Drain time: how long the service keeps serving after SIGTERM while reporting not ready, so that load balancers
    /// notice. Default: 0.
    pub drain_secs: u64,
    /// How long an idle connection is kept open; must exceed the load balancer's own timeout, which can be as long as 600
    /// seconds, so that the balancer closes it first. Default: 75.
    pub keep_alive_secs: u64,
    /// HTTP worker threads. Default: one per core.
    pub workers: Option<usize>,
    /// The certificate of the service.
    pub tls: TlsConfig,
    /// `max-age` of the header `Strict-Transport-Security`, if clients connect with TLS, here or to a proxy; 0 omits
    /// the header. Default: 31536000 (a year) with a certificate, otherwise none.
    pub hsts_secs: Option<u64>,
    /// Limits on connections and on slow clients.
    pub connections: ConnectionConfig,
    /// Web pages of other origins.
    pub cors: CorsConfig,
    /// The log.
    pub log: LogConfig,
    /// The issuer's keys.
    pub keys: KeyConfig,
    /// The issuer's status lists.
    pub revocation: RevocationConfig,
    /// Verified tokens.
    pub token_cache: TokenCacheConfig,
}

/// Where the current user comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LookupKind {
    /// The token's claims: no I/O.
    Claims,
    /// The issuer's `/me`: the current role.
    Issuer,
}

impl Config {
    /// The settings of this process; environment variables override `file`.
    pub fn load(file: Option<&Path>) -> Result<Self, StartError> {
        Self::load_with_origins(file).map(|(config, _)| config)
    }

    /// The same, and where each comes from.
    pub fn load_with_origins(file: Option<&Path>) -> Result<(Self, SettingOrigins), StartError> {
        let (config, origins) = load_process_settings::<Self>(&SETTINGS, file)?;
        Ok((config.checked()?, origins))
    }

    /// The settings from these environment variables.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, StartError> {
        load_settings::<Self>(&SETTINGS, variables)?.checked()
    }

    fn checked(self) -> Result<Self, StartError> {
        self.check()?;
        Ok(self)
    }

    /// Validates the settings.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let issuers = self.issuer.iter().count();
        SETTINGS.check_one_per_issuer("fetch_from", &self.fetch_from, issuers)?;
        SETTINGS.check_one_per_issuer("jwks_url", &self.jwks_url, issuers)?;
        if issuers != 1 && (issuers == 0 || self.public_key.is_some()) {
            let remedy = "Set one issuer; several, comma-separated, are possible only without RESOURCE__PUBLIC_KEY.";
            return Err(StartError::new(SETTINGS.variable("issuer"), format!("{issuers} issuers"), remedy));
        }
        SETTINGS.origins("cors.origins", &self.cors.origins)?;
        SETTINGS.check_bounds(self.bounds())
    }

    /// The bounds of numbers.
    pub fn bounds(&self) -> impl IntoIterator<Item = Bound> {
        const HOUR: u64 = 3600;
        const DAY: u64 = 24 * HOUR;
        const YEAR: u64 = 365 * DAY;
        let Self { keys, revocation, token_cache, .. } = self;
        let own = [
            Bound::of("drain_secs", self.drain_secs, 0..=HOUR),
            Bound::of("keep_alive_secs", self.keep_alive_secs, 1..=HOUR),
            Bound::of_optional("workers", self.workers, 1..=ServerSettings::MAX_WORKERS),
            Bound::of_optional("hsts_secs", self.hsts_secs, 0..=10 * YEAR),
            Bound::of("leeway_secs", self.leeway_secs, 0..=60),
            Bound::of("keys.refresh_secs", keys.refresh_secs, 1..=YEAR),
            Bound::of("keys.max_stale_secs", keys.max_stale_secs, 1..=YEAR),
            Bound::of("revocation.poll_secs", revocation.poll_secs, 1..=DAY),
            Bound::of("revocation.max_stale_secs", revocation.max_stale_secs, 1..=YEAR),
            Bound::of("token_cache.tokens", token_cache.tokens, 0..=10_000_000),
            Bound::of("token_cache.bytes", token_cache.bytes, 0..=64 * 1024 * 1024 * 1024),
        ];
        own.into_iter().chain(self.connections.bounds())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5001)),
            issuer: List::from("http://localhost:5000".to_owned()),
            fetch_from: List::default(),
            allow_http: false,
            issuer_ca: None,
            audience: "resource-service".to_owned(),
            jwks_url: List::default(),
            public_key: None,
            cache_dir: None,
            leeway_secs: 0,
            token_location: "headers".to_owned(),
            user_lookup: LookupKind::Claims,
            instance: Instance::default(),
            trusted_proxies: List::default(),
            drain_secs: 0,
            keep_alive_secs: ServerSettings::KEEP_ALIVE_SECS,
            workers: None,
            tls: TlsConfig::default(),
            hsts_secs: None,
            connections: ConnectionConfig::default(),
            cors: CorsConfig::default(),
            log: LogConfig::default(),
            keys: KeyConfig::default(),
            revocation: RevocationConfig::default(),
            token_cache: TokenCacheConfig::default(),
        }
    }
}
