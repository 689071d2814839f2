//! The settings of resource-service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use service_kit::{Instance, List, LogConfig, SettingsSpec, StartError, load_process_settings, load_settings};
use shared::OnStale;

/// How the settings are named: `RESOURCE__SECTION__KEY`.
pub const SETTINGS: SettingsSpec = SettingsSpec {
    prefix: "RESOURCE",
    file_variable: "RESOURCE_CONFIG",
    aliases: &[("JWT_PUBLIC_KEY", "public_key"), ("JWT_TOKEN_LOCATION", "token_location")],
    secrets: &["public_key"],
};

/// All settings. The environment variable of each is its path in capitals: `keys.refresh_secs` is
/// `RESOURCE__KEYS__REFRESH_SECS`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen. Port 0 takes any free one. Default: 127.0.0.1:5001.
    pub listen: SocketAddr,
    /// Whose tokens are taken: their `iss` claim, letter for letter. Several are comma-separated, while tokens of two
    /// issuers are about; each has keys of its own. Default: <http://localhost:5000>.
    pub issuer: List,
    /// Where to fetch the issuer's documents, where its public address cannot be reached from here; with several
    /// issuers, one for each, in their order. Default: the issuer.
    pub fetch_from: List,
    /// Whether keys may be fetched over plain http from another machine than this. Default: false.
    pub allow_http: bool,
    /// The `aud` claim that tokens must have. Default: `resource-service`.
    pub audience: String,
    /// Where the issuer publishes its keys; with several issuers, one for each, in their order. Default: what the
    /// issuer's metadata says.
    pub jwks_url: List,
    /// A public key in PEM, instead of the issuer's published keys.
    pub public_key: Option<String>,
    /// A folder for disk copies of the key sets and status lists, so that a replica can start while the issuer is down. Default: none.
    pub cache_dir: Option<PathBuf>,
    /// How far this machine's clock may be off the issuer's. Default: 0.
    pub leeway_secs: u32,
    /// Where in a request tokens are looked for, comma-separated: `headers`, `cookies`, `query_string`, `json`.
    /// Default: `headers`.
    pub token_location: String,
    /// Where the current user comes from. Default: `claims`.
    pub user_lookup: LookupKind,
    /// This replica's name in `X-Served-By`. Default: the host name.
    pub instance: Instance,
    /// The networks of one's own balancers, comma-separated: their `X-Forwarded-For` is believed. Default: none.
    pub trusted_proxies: List,
    /// How long the service goes on serving, though not ready, after SIGTERM, for balancers to notice. Default: 0.
    pub drain_secs: u64,
    /// HTTP worker threads. Default: as many as there are cores.
    pub workers: Option<usize>,
    /// The log.
    pub log: LogConfig,
    /// The issuer's keys.
    pub keys: KeyConfig,
    /// The issuer's status lists, which say what has been taken back.
    pub revocation: RevocationConfig,
    /// Tokens that have been verified.
    pub token_cache: TokenCacheConfig,
}

/// Where the current user comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LookupKind {
    /// The token's claims: no I/O, the role as of when the token was issued.
    Claims,
    /// The issuer's `/me`: the role of now, a few seconds old at most.
    Issuer,
}

/// Environment: `RESOURCE__KEYS__REFRESH_SECS`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyConfig {
    /// How often the issuer's keys are looked at. Default: 60.
    pub refresh_secs: u64,
    /// How long keys are trusted while the issuer does not answer. Default: 86400.
    pub max_stale_secs: u64,
}

/// Environment: `RESOURCE__TOKEN_CACHE__TOKENS`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenCacheConfig {
    /// How many verified tokens are remembered, so that their signatures are checked once; 0 turns it off. Default: 16384.
    pub tokens: usize,
    /// How much memory they may take up. Default: 33554432 (32 MiB).
    pub bytes: u64,
}

/// Environment: `RESOURCE__REVOCATION__REQUIRED`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RevocationConfig {
    /// Whether a token that names no entry in a status list is refused. Default: unless the key is from
    /// [`Config::public_key`].
    pub required: Option<bool>,
    /// How often the issuer's status lists are looked at. Default: 2.
    pub poll_secs: u64,
    /// How long status lists are relied on while the issuer does not answer. Default: 300.
    pub max_stale_secs: u64,
    /// What becomes of tokens after that. Default: `closed`.
    pub on_stale: OnStale,
    /// The same for single routes, comma-separated, such as `/dashboard=open,/admin=closed`. Default: none, and `/admin`
    /// is closed.
    pub routes: List,
}

impl Config {
    /// Whether a token that names no entry in a status list is refused.
    pub fn requires_status(&self) -> bool {
        self.revocation.required.unwrap_or(self.public_key.is_none())
    }

    /// The settings of this process, with those of `file` below those of the environment.
    ///
    /// # Errors
    /// [`StartError`] that names the setting.
    pub fn load(file: Option<&Path>) -> Result<Self, StartError> {
        load_process_settings::<Self>(&SETTINGS, file)?.checked()
    }

    /// The settings that these environment variables make.
    ///
    /// # Errors
    /// [`StartError`] that names the setting.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, StartError> {
        load_settings::<Self>(&SETTINGS, variables)?.checked()
    }

    fn checked(self) -> Result<Self, StartError> {
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<(), StartError> {
        let issuers = self.issuer.iter().count();
        for (key, list) in [("fetch_from", &self.fetch_from), ("jwks_url", &self.jwks_url)] {
            let count = list.iter().count();
            if count != 0 && count != issuers {
                let problem = format!("it has {count} addresses for {issuers} issuers");
                return Err(StartError::new(SETTINGS.variable(key), problem, "Give one for each issuer, or none."));
            }
        }
        if issuers != 1 && (issuers == 0 || self.public_key.is_some()) {
            let remedy = "Name one issuer; several, comma-separated, only without RESOURCE__PUBLIC_KEY.";
            return Err(StartError::new(SETTINGS.variable("issuer"), format!("it names {issuers}"), remedy));
        }
        let positive = [
            ("keys.refresh_secs", self.keys.refresh_secs),
            ("keys.max_stale_secs", self.keys.max_stale_secs),
            ("revocation.poll_secs", self.revocation.poll_secs),
            ("revocation.max_stale_secs", self.revocation.max_stale_secs),
            ("workers", self.workers.map_or(1, |workers| workers as u64)),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            let problem = "nothing would ever be served";
            return Err(StartError::new(SETTINGS.variable(key), problem, "Set it to 1 or more."));
        }
        let RevocationConfig { poll_secs, max_stale_secs, .. } = self.revocation;
        if max_stale_secs < poll_secs {
            let problem = format!("status lists would be too old before they are looked at again, after {poll_secs} s");
            let remedy = "Set it to several times RESOURCE__REVOCATION__POLL_SECS.";
            return Err(StartError::new(SETTINGS.variable("revocation.max_stale_secs"), problem, remedy));
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5001)),
            issuer: List::from("http://localhost:5000".to_owned()),
            fetch_from: List::default(),
            allow_http: false,
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
            workers: None,
            log: LogConfig::default(),
            keys: KeyConfig::default(),
            revocation: RevocationConfig::default(),
            token_cache: TokenCacheConfig::default(),
        }
    }
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
