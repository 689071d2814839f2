//! A test's own auth-service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::Arc,
};

use actix_web::rt;
use auth_service::{App, Companions, Config};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use service_kit::testing::{Api, Response};
use shared::{
    Claims, Secret,
    tasks::TaskHealth,
    testing::{PRIVATE_KEY_PEM, mint_raw, status},
};

use super::Database;

/// The password of every user that the tests create.
pub const PASSWORD: &str = "correct horse";

/// 32 bytes in base64.
pub const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A running auth-service, stopped on drop. It dereferences to its [`Api`].
pub struct TestApp {
    api: Api,
    /// Its background tasks, which tests can make panic.
    pub tasks: Vec<Arc<TaskHealth>>,
    server: rt::task::JoinHandle<()>,
    /// Kept while the app runs.
    _database: Database,
}

impl TestApp {
    /// With the fixed key, one user `admin` whose role is `admin`, and cheap hashing.
    pub async fn spawn(database: Database) -> Self {
        let config = and_admin(config_for(&database));
        Self::spawn_with(database, config).await
    }

    /// With these settings.
    pub async fn spawn_with(database: Database, config: Config) -> Self {
        let app = App::build(config).await.unwrap();
        let (api, tasks) = (Api::at(app.url()), app.task_healths());
        let server = rt::spawn(async { app.run().await.unwrap() });
        Self { api, tasks, server, _database: database }
    }

    /// Stops it and waits until its port is free.
    pub async fn stop(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }

    /// Registers a user with the usual password.
    pub async fn register(&self, username: &str) -> Response {
        self.post("/register", &json!({ "username": username, "password": PASSWORD })).await
    }

    /// Logs in with the usual password.
    pub async fn log_in(&self, username: &str) -> Response {
        self.post("/login", &json!({ "username": username, "password": PASSWORD })).await
    }

    /// The access token of a login with the usual password.
    pub async fn token_of(&self, username: &str) -> String {
        self.log_in(username).await.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// The refresh token of a login with the usual password.
    pub async fn refresh_token_of(&self, username: &str) -> String {
        self.log_in(username).await.json()["refresh_token"].as_str().unwrap().to_owned()
    }

    /// The access token of a user who has just registered.
    pub async fn token_of_new(&self, username: &str) -> String {
        assert_eq!(self.register(username).await.status, 201);
        self.token_of(username).await
    }

    /// A token with these claims, signed with the fixed key and naming this service's id of it. It has an entry in the first
    /// status list, unless the claims name one.
    pub async fn mint(&self, claims: &Claims) -> String {
        let mut claims = claims.clone();
        if claims.status.is_none() {
            // No other token of a test gets as far as that.
            claims.status = status(&format!("{}/status-lists/1", claims.iss), 100_000);
        }
        self.mint_without_status(&claims).await
    }

    /// A token with exactly these claims.
    pub async fn mint_without_status(&self, claims: &Claims) -> String {
        let kid = self.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"].take();
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
        mint_raw(header.to_string(), serde_json::to_string(claims).unwrap())
    }

    /// All users, as an admin sees them.
    pub async fn users(&self) -> Value {
        self.get_as(&self.token_of("admin").await, "/users").await.json()["users"].take()
    }
}

impl Deref for TestApp {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The claims of an access token, without verifying its signature.
pub fn claims_of(token: &str) -> Claims {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// The settings of a test: a free port, one worker, the fixed key, cheap hashing.
pub fn config_for(database: &Database) -> Config {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut config = Config { listen, workers: Some(1), ..Config::default() };
    config.database.url = Secret::new(database.url().to_owned());
    config.database.connections = 4;
    config.keys.private_key = Some(Secret::new(PRIVATE_KEY_PEM.to_owned()));
    // A key takes longer to generate than most tests.
    let pem = |text: &str| Secret::new(text.to_owned());
    config.keys.companions = Some(Companions {
        status_lists: pem(include_str!("status_list_key.pem")),
        id_tokens: pem(include_str!("id_token_key.pem")),
    });
    if database.is_postgres() {
        config.master_key = Some(Secret::new(MASTER_KEY.to_owned()));
    }
    // Long enough for a slow machine.
    config.tokens.reuse_grace_secs = 600;
    config.passwords.memory_kib = 64;
    config.passwords.iterations = 1;
    config.passwords.threads = Some(1);
    config
}

/// These settings, and one user `admin` whose role is `admin`.
pub fn and_admin(mut config: Config) -> Config {
    config.admin.username = Some("admin".to_owned());
    config.admin.password = Some(Secret::new(PASSWORD.to_owned()));
    config
}

/// The settings of a test, but with a signing key that is created at startup and stored in the database.
pub fn config_with_own_keys(database: &Database) -> Config {
    let mut config = config_for(database);
    config.keys.private_key = None;
    config
}
