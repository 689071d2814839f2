//! The settings of auth-service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use service_kit::{
    Bound, Instance, List, LogConfig, ServerSettings, SettingsSpec, StartError, load_process_settings, load_settings,
};
use shared::Secret;

use crate::db::{DatabaseUrl, InvalidDatabaseUrl};

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
};

/// All settings. The environment variable of each is its path in capitals: `database.url` is `AUTH__DATABASE__URL`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen. Port 0 takes any free one. Default: 127.0.0.1:5000.
    pub listen: SocketAddr,
    /// The `iss` claim, and the public address that the metadata names. Default: <http://localhost:5000>.
    pub issuer: String,
    /// The `aud` claim (token audience). Default: `resource-service`.
    pub audience: String,
    /// The key that signing keys are sealed under: 32 bytes in base64. With SQLite it may be left out; it is then kept
    /// in `master.key` beside the database file.
    pub master_key: Option<Secret>,
    /// The previous master key, which still decrypts keys until `keys rewrap` has run.
    pub previous_master_key: Option<Secret>,
    /// Whether an empty database gets the tutorial's three users, whose passwords are public. Default: false.
    pub sample_users: bool,
    /// This node's name in `X-Served-By`. Default: the host name.
    pub instance: Instance,
    /// The networks of one's own balancers, comma-separated: their `X-Forwarded-For` is believed. Default: none.
    pub trusted_proxies: List,
    /// How long the service goes on serving, though not ready, after SIGTERM, for balancers to notice. Default: 0.
    pub drain_secs: u64,
    /// HTTP worker threads. Default: as many as there are cores.
    pub workers: Option<usize>,
    /// Where in a request tokens are looked for, comma-separated. Default: `headers`.
    pub token_location: String,
    /// The log.
    pub log: LogConfig,
    /// The first admin.
    pub admin: AdminConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// Signing keys.
    pub keys: KeyConfig,
    /// Password hashing.
    pub passwords: PasswordConfig,
    /// Tokens.
    pub tokens: TokenConfig,
}

/// The first admin, made in a database that has none. Environment: `AUTH__ADMIN__USERNAME`, `AUTH__ADMIN__PASSWORD`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// The name to log in with.
    pub username: Option<String>,
    /// At least 8 bytes.
    pub password: Option<Secret>,
}

/// Environment: `AUTH__DATABASE__URL`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite://<file>` or `postgres://<user>:<password>@<host>/<database>`. Default: `sqlite://data/auth.db`.
    pub url: Secret,
    /// Connections kept open. Default: 8.
    pub connections: u32,
    /// How long a start waits for the database. Default: 30.
    pub start_wait_secs: u64,
}

/// Environment: `AUTH__KEYS__BITS`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyConfig {
    /// The size of new RSA keys: 2048, 3072 or 4096. Default: 2048.
    pub bits: usize,
    /// A private key in PEM to sign with, instead of keys made here and kept in the database.
    pub private_key: Option<Secret>,
    /// How long a key signs before the next one takes over. Default: 2592000 (30 days).
    pub rotate_every_secs: u64,
    /// How long a key is published before it signs; caches keep the key set half as long at most. Default: 600.
    pub publish_ahead_secs: u64,
    /// How long a verifier counts as live after it last asked for the key set. Default: 300.
    pub verifier_ttl_secs: u64,
}

/// Argon2id. Environment: `AUTH__PASSWORDS__MEMORY_KIB`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// Memory of one hash in KiB. Default: 19456, as OWASP advises.
    pub memory_kib: u32,
    /// Passes over the memory. Default: 2.
    pub iterations: u32,
    /// Lanes. Default: 1.
    pub parallelism: u32,
    /// Hashes under way at a time. Default: as many as there are cores.
    pub threads: Option<usize>,
    /// Hashes waiting at a time; one more is answered 503. Default: 32 for each thread.
    pub queue: Option<usize>,
    /// `fast`, or `portable`: `RustCrypto`'s `argon2`, which makes the same hashes, slower. Default: `fast`.
    pub implementation: Argon2Implementation,
    /// How long a password reset token is valid. Default: 3600.
    pub reset_ttl_secs: u32,
}

/// How long a password reset token is valid.
#[derive(Clone, Copy, Debug)]
pub struct PasswordResetTtl(pub Duration);

/// Which implementation of argon2id hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Argon2Implementation {
    /// `argon2-rust`, unless it gives wrong hashes at start.
    #[default]
    Fast,
    /// `argon2`, of `RustCrypto`.
    Portable,
}

/// How long tokens live. Environment: `AUTH__TOKENS__ACCESS_TTL_SECS`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenConfig {
    /// The life of an access token. Default: 900.
    pub access_ttl_secs: u32,
    /// How long a refresh token may lie unused; each refresh brings a new one. Default: 2592000 (30 days).
    pub refresh_ttl_secs: u32,
    /// How long a login lasts at most, however often it is refreshed. Default: 7776000 (90 days).
    pub session_ttl_secs: u32,
    /// How long a refresh may be tried again with the same token, where the answer was lost. Default: 30.
    pub reuse_grace_secs: u32,
}

impl Config {
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

    /// Which database the settings name.
    ///
    /// # Errors
    /// [`StartError`] if they name none.
    pub(crate) fn database_url(&self) -> Result<DatabaseUrl, StartError> {
        self.database.url.expose().parse().map_err(|error: InvalidDatabaseUrl| {
            let remedy = "Set it to sqlite://<file> or postgres://<user>:<password>@<host>/<database>.";
            StartError::new(SETTINGS.variable("database.url"), error.to_string(), remedy)
        })
    }

    fn checked(self) -> Result<Self, StartError> {
        self.check()?;
        Ok(self)
    }

    /// Validates the settings.
    fn check(&self) -> Result<(), StartError> {
        let wrong = |key: &str, problem: &str, remedy: &str| {
            Err(StartError::new(SETTINGS.variable(key), problem.to_owned(), remedy.to_owned()))
        };
        SETTINGS.check_bounds(self.bounds())?;
        if !(self.issuer.starts_with("http://") || self.issuer.starts_with("https://")) || self.issuer.ends_with('/') {
            return wrong(
                "issuer",
                "invalid address",
                "Set it to the public address, such as https://login.example.com, without a slash at the end.",
            );
        }
        if ![2048, 3072, 4096].contains(&self.keys.bits) {
            return wrong("keys.bits", "unsupported key size", "Set it to 2048, 3072 or 4096.");
        }
        if self.keys.rotate_every_secs <= self.keys.publish_ahead_secs {
            return wrong(
                "keys.rotate_every_secs",
                "a key would retire before it has signed",
                "Set it above AUTH__KEYS__PUBLISH_AHEAD_SECS.",
            );
        }
        if self.admin.username.is_some() != self.admin.password.is_some() {
            return wrong(
                "admin.username",
                "name and password go together",
                "Set both AUTH__ADMIN__USERNAME and AUTH__ADMIN__PASSWORD, or neither.",
            );
        }
        Ok(())
    }

    fn bounds(&self) -> impl IntoIterator<Item = Bound> {
        const HOUR: u64 = 3600;
        const DAY: u64 = 24 * HOUR;
        const YEAR: u64 = 365 * DAY;
        let Self { database, keys, passwords, tokens, .. } = self;
        [
            Bound::of("drain_secs", self.drain_secs, 0..=HOUR),
            Bound::of_optional("workers", self.workers, 1..=ServerSettings::MAX_WORKERS),
            Bound::of("database.connections", database.connections, 1..=1000),
            Bound::of("database.start_wait_secs", database.start_wait_secs, 0..=HOUR),
            Bound::of("keys.rotate_every_secs", keys.rotate_every_secs, 1..=10 * YEAR),
            Bound::of("keys.publish_ahead_secs", keys.publish_ahead_secs, 0..=YEAR),
            Bound::of("keys.verifier_ttl_secs", keys.verifier_ttl_secs, 1..=DAY),
            Bound::of("passwords.memory_kib", passwords.memory_kib, 8..=4 * 1024 * 1024),
            Bound::of("passwords.iterations", passwords.iterations, 1..=1000),
            Bound::of("passwords.parallelism", passwords.parallelism, 1..=256),
            Bound::of_optional("passwords.threads", passwords.threads, 1..=1024),
            Bound::of_optional("passwords.queue", passwords.queue, 1..=100_000),
            Bound::of("passwords.reset_ttl_secs", passwords.reset_ttl_secs, 1..=30 * DAY),
            // Verifiers keep the status lists of all tokens that have not expired; refresh tokens are for what is to last.
            Bound::of("tokens.access_ttl_secs", tokens.access_ttl_secs, 1..=DAY),
            Bound::of("tokens.refresh_ttl_secs", tokens.refresh_ttl_secs, 1..=10 * YEAR),
            Bound::of("tokens.session_ttl_secs", tokens.session_ttl_secs, 1..=10 * YEAR),
            Bound::of("tokens.reuse_grace_secs", tokens.reuse_grace_secs, 0..=HOUR),
        ]
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            issuer: "http://localhost:5000".to_owned(),
            audience: "resource-service".to_owned(),
            master_key: None,
            previous_master_key: None,
            sample_users: false,
            instance: Instance::default(),
            trusted_proxies: List::default(),
            drain_secs: 0,
            workers: None,
            token_location: "headers".to_owned(),
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            database: DatabaseConfig::default(),
            keys: KeyConfig::default(),
            passwords: PasswordConfig::default(),
            tokens: TokenConfig::default(),
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: Secret::new("sqlite://data/auth.db".to_owned()), connections: 8, start_wait_secs: 30 }
    }
}

impl Default for KeyConfig {
    fn default() -> Self {
        Self {
            bits: 2048,
            private_key: None,
            rotate_every_secs: 2_592_000,
            publish_ahead_secs: 600,
            verifier_ttl_secs: 300,
        }
    }
}

impl KeyConfig {
    /// How long caches may keep the key set: a key is published for at least twice as long before it signs.
    pub fn jwks_max_age(&self) -> Duration {
        const MAX_AGE: Duration = Duration::from_mins(5);
        MAX_AGE.min(Duration::from_secs(self.publish_ahead_secs / 2))
    }
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: None,
            queue: None,
            implementation: Argon2Implementation::Fast,
            reset_ttl_secs: 3600,
        }
    }
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self { access_ttl_secs: 900, refresh_ttl_secs: 2_592_000, session_ttl_secs: 7_776_000, reuse_grace_secs: 30 }
    }
}
