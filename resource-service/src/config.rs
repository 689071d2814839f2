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

/// All settings; README.md says what each means. `keys.refresh_secs` is `RESOURCE__KEYS__REFRESH_SECS`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    pub issuer: List,
    pub fetch_from: List,
    pub allow_http: bool,
    pub issuer_ca: Option<PathBuf>,
    pub audience: String,
    pub jwks_url: List,
    pub public_key: Option<String>,
    pub cache_dir: Option<PathBuf>,
    pub leeway_secs: u32,
    pub token_location: String,
    pub user_lookup: LookupKind,
    pub instance: Instance,
    pub trusted_proxies: List,
    pub drain_secs: u64,
    pub keep_alive_secs: u64,
    pub workers: Option<usize>,
    pub tls: TlsConfig,
    pub hsts_secs: Option<u64>,
    pub connections: ConnectionConfig,
    pub cors: CorsConfig,
    pub log: LogConfig,
    pub keys: KeyConfig,
    pub revocation: RevocationConfig,
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
        SETTINGS.check_bounds(self.connections.bounds())?;
        SETTINGS.check_bounds([
            Bound::of("drain_secs", self.drain_secs, 0..=3600),
            Bound::of("keep_alive_secs", self.keep_alive_secs, 1..=3600),
            Bound::of_optional("workers", self.workers, 1..=ServerSettings::MAX_WORKERS),
            Bound::of_optional("hsts_secs", self.hsts_secs, 0..=315_360_000),
            Bound::of("revocation.poll_secs", self.revocation.poll_secs, 1..=86_400),
            Bound::of("token_cache.tokens", self.token_cache.tokens, 0..=10_000_000),
            Bound::of("token_cache.bytes", self.token_cache.bytes, 0..=64 * 1024 * 1024 * 1024),
        ])
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
