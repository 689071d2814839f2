//! The settings of auth-service.

mod audit;
mod backchannel;
mod bounds;
mod color;
mod database;
mod keys;
mod limits;
mod pages;
mod passwords;
mod status_lists;
mod tokens;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use serde::{Deserialize, Serialize};
use service_kit::{
    ConnectionConfig, CorsConfig, Instance, List, LogConfig, Origin, ServerSettings, SettingOrigins, SettingsSpec,
    StartError, TlsConfig, load_process_settings, load_settings,
};
use shared::{Secret, check_issuer_name};

pub use self::{
    audit::AuditConfig,
    backchannel::BackchannelConfig,
    color::Color,
    database::DatabaseConfig,
    keys::{Companions, KeyConfig},
    limits::LimitConfig,
    pages::PagesConfig,
    passwords::{Argon2Implementation, PasswordConfig},
    status_lists::StatusListConfig,
    tokens::TokenConfig,
};

/// How the settings are named: `AUTH__SECTION__KEY`.
pub const SETTINGS: SettingsSpec = SettingsSpec {
    prefix: "AUTH",
    file_variable: "AUTH_CONFIG",
    aliases: &[
        ("JWT_ACCESS_TOKEN_EXPIRES", "tokens.access_ttl_secs"),
        ("JWT_REFRESH_TOKEN_EXPIRES", "tokens.refresh_ttl_secs"),
        ("JWT_PRIVATE_KEY", "keys.private_key"),
        ("JWT_TOKEN_LOCATION", "token_location"),
    ],
    secrets: &["master_key", "previous_master_key", "admin.password", "keys.private_key", "database.url"],
    optional_numbers: &["workers", "hsts_secs", "passwords.threads", "passwords.queue"],
};

/// All settings. The environment variable of each is its path in capitals: `database.url` is `AUTH__DATABASE__URL`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address to listen on; port 0 picks a free one and logs it. Default: 127.0.0.1:5000.
    pub listen: SocketAddr,
    /// The `iss` claim, and the public URL in the metadata; no trailing slash. Default: <http://localhost:5000>.
    pub issuer: String,
    /// The `aud` claim (token audience). Default: `resource-service`.
    pub audience: String,
    /// Other audiences that applications may ask for with `resource` (RFC 8707): absolute URIs. Default: none.
    pub resources: List,
    /// Encrypts the signing keys: 32 bytes in base64, such as `openssl rand -base64 32` prints. Required with PostgreSQL, and the
    /// same on every node. Default: with SQLite `master.key` next to the database, generated if missing.
    pub master_key: Option<Secret>,
    /// The previous master key, which still decrypts keys until `auth-service keys rewrap` has run. Default: none.
    pub previous_master_key: Option<Secret>,
    /// Who may register: everybody (`open`), or nobody (`closed`), so that only admins add users. Default: `open`.
    pub registration: Registration,
    /// Whether to create `admin`, `user_01` and `user_02`, whose passwords are public, in an empty database. Default: false.
    pub sample_users: bool,
    /// Whether `/` is the playground, a page for trying out the system; on in docker-compose.yml. Default: false.
    pub playground: bool,
    /// Origins of the replicas that the playground calls, such as `http://127.0.0.1:5001`. Each must allow the page's own origin
    /// (`RESOURCE__CORS__ORIGINS`). Not needed if a load balancer serves all routes at the issuer's address. Default: none.
    pub playground_replicas: List,
    /// Where the playground stops and starts servers: in local-cluster only, hence not a setting.
    #[serde(skip)]
    pub playground_control: Option<Origin>,
    /// This node's name in `X-Served-By`. Default: the host name.
    pub instance: Instance,
    /// Networks of your load balancers, whose `X-Forwarded-For` is trusted for the client's address. Default: none.
    pub trusted_proxies: List,
    /// Drain time: how long the service keeps serving after SIGTERM while reporting not ready, so that load balancers notice.
    /// Default: 0.
    pub drain_secs: u64,
    /// How long an idle connection is kept open; must exceed the load balancer's own timeout, which can be as long as 600
    /// seconds, so that the balancer closes it first. Default: 75.
    pub keep_alive_secs: u64,
    /// HTTP worker threads. Default: one per core.
    pub workers: Option<usize>,
    /// The certificate of the service. Default: none, plain HTTP.
    pub tls: TlsConfig,
    /// `max-age` of the header `Strict-Transport-Security`, if clients connect with TLS, here or to a proxy; 0 omits the header.
    /// Default: 31536000 (a year) with a certificate, otherwise none.
    pub hsts_secs: Option<u64>,
    /// Limits on connections and on slow clients.
    pub connections: ConnectionConfig,
    /// Where tokens are read from, comma-separated: `headers`, `cookies`, `query_string`, `json`. Default: `headers`.
    pub token_location: String,
    /// The log.
    pub log: LogConfig,
    /// The first admin.
    pub admin: AdminConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// Signing keys.
    pub keys: KeyConfig,
    /// Passwords and their hashes.
    pub passwords: PasswordConfig,
    /// Tokens.
    pub tokens: TokenConfig,
    /// The login pages.
    pub pages: PagesConfig,
    /// Back-channel logout.
    pub backchannel: BackchannelConfig,
    /// Status lists.
    pub status_lists: StatusListConfig,
    /// Limits on what strangers can do.
    pub limits: LimitConfig,
    /// The audit log.
    pub audit: AuditConfig,
    /// Web pages of other origins, which may read the responses of JSON routes.
    pub cors: CorsConfig,
}

/// Who may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Nobody: only admins add users.
    Closed,
}

/// The first admin, created if the database has none. Environment: `AUTH__ADMIN__USERNAME`, `AUTH__ADMIN__PASSWORD`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// The first admin, created if the database has none. Default: none.
    pub username: Option<String>,
    /// The password of the first admin, at least 8 bytes; set both or neither. Default: none.
    pub password: Option<Secret>,
}

impl Config {
    /// The settings of this process; environment variables override `file`.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub fn load(file: Option<&Path>) -> Result<Self, StartError> {
        Self::load_with_origins(file).map(|(config, _)| config)
    }

    /// The same, and where each comes from.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub fn load_with_origins(file: Option<&Path>) -> Result<(Self, SettingOrigins), StartError> {
        let (config, origins) = load_process_settings::<Self>(&SETTINGS, file)?;
        Ok((config.checked()?, origins))
    }

    /// The settings from these environment variables.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, StartError> {
        load_settings::<Self>(&SETTINGS, variables)?.checked()
    }

    fn checked(self) -> Result<Self, StartError> {
        self.check()?;
        Ok(self)
    }

    /// Validates the settings.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let wrong = |key: &str, problem: &str, remedy: &str| {
            Err(StartError::new(SETTINGS.variable(key), problem.to_owned(), remedy.to_owned()))
        };
        SETTINGS.check_bounds(self.bounds())?;
        if let Err(error) = check_issuer_name(&self.issuer) {
            let remedy = "Set it to the public address, such as https://login.example.com.";
            return wrong("issuer", &format!("invalid address: {error}"), remedy);
        }
        if ![2048, 3072, 4096].contains(&self.keys.bits) {
            return wrong("keys.bits", "unsupported key size", "Set it to 2048, 3072 or 4096.");
        }
        if self.keys.rotate_every_secs <= self.keys.publish_ahead_secs {
            return wrong(
                "keys.rotate_every_secs",
                "keys would be retired before they sign",
                "Set it above AUTH__KEYS__PUBLISH_AHEAD_SECS.",
            );
        }
        self.passwords.breach_url()?;
        self.pages.check()?;
        SETTINGS.origins("playground_replicas", &self.playground_replicas)?;
        SETTINGS.origins("cors.origins", &self.cors.origins)?;
        if self.admin.username.is_some() != self.admin.password.is_some() {
            return wrong(
                "admin.username",
                "username and password must be set together",
                "Set both AUTH__ADMIN__USERNAME and AUTH__ADMIN__PASSWORD, or neither.",
            );
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            issuer: "http://localhost:5000".to_owned(),
            audience: "resource-service".to_owned(),
            resources: List::default(),
            master_key: None,
            previous_master_key: None,
            registration: Registration::Open,
            sample_users: false,
            playground: false,
            playground_replicas: List::default(),
            playground_control: None,
            instance: Instance::default(),
            trusted_proxies: List::default(),
            drain_secs: 0,
            keep_alive_secs: ServerSettings::KEEP_ALIVE_SECS,
            workers: None,
            tls: TlsConfig::default(),
            hsts_secs: None,
            connections: ConnectionConfig::default(),
            token_location: "headers".to_owned(),
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            database: DatabaseConfig::default(),
            keys: KeyConfig::default(),
            passwords: PasswordConfig::default(),
            tokens: TokenConfig::default(),
            pages: PagesConfig::default(),
            backchannel: BackchannelConfig::default(),
            status_lists: StatusListConfig::default(),
            limits: LimitConfig::default(),
            audit: AuditConfig::default(),
            cors: CorsConfig::default(),
        }
    }
}
