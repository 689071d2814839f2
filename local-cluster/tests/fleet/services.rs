//! A test's own issuer and replicas, each of which can be stopped.

use std::{net::SocketAddr, ops::Deref, rc::Rc};

use actix_web::rt::{self, task::JoinHandle};
use auth_service::App;
use serde_json::json;
use service_kit::{
    bind,
    testing::{Api, eventually},
};
use shared::Secret;
use tempfile::TempDir;

const LISTEN: &str = "127.0.0.1:0";

/// An auth-service with the tutorial's users, stopped on drop.
pub struct Issuer {
    /// Its HTTP client.
    pub api: Api,
    config: auth_service::Config,
    server: JoinHandle<()>,
    folder: Rc<TempDir>,
}

impl Issuer {
    /// On a free port, with its own keys.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With changed settings.
    pub async fn start_with(change: impl FnOnce(&mut auth_service::Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let listener = bind(LISTEN.parse().unwrap(), "").unwrap();
        let listen: SocketAddr = listener.local_addr().unwrap();
        let issuer = format!("http://{listen}");
        let mut config = auth_service::Config { listen, issuer, sample_users: true, ..Default::default() };
        config.database.url = Secret::new(format!("sqlite://{}", folder.path().join("auth.db").display()));
        config.workers = Some(1);
        (config.passwords.memory_kib, config.passwords.iterations) = (64, 1);
        change(&mut config);
        let app = App::build_on(listener, config.clone()).await.unwrap();
        Self { api: Api::at(app.url()), config, server: serve(app), folder: Rc::new(folder) }
    }

    /// Another node of this issuer, with the same database.
    pub async fn another_node(&self) -> Self {
        let listener = bind(LISTEN.parse().unwrap(), "").unwrap();
        let config = auth_service::Config { listen: listener.local_addr().unwrap(), ..self.config.clone() };
        let app = App::build_on(listener, config.clone()).await.unwrap();
        Self { api: Api::at(app.url()), config, server: serve(app), folder: Rc::clone(&self.folder) }
    }

    /// Stops it and waits until its port is free.
    pub async fn stop(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
        eventually(async || self.api.request("GET", "/health/live").send().await.is_err().then_some(())).await;
    }

    /// Starts it again, on the same port and database.
    pub async fn restart(&mut self) {
        self.server = serve(App::build(self.config.clone()).await.unwrap());
    }

    /// Its URL, which is its name in tokens.
    pub fn url(&self) -> &str {
        self.api.url()
    }

    /// The access token of a login.
    pub async fn log_in(&self, username: &str, password: &str) -> String {
        let response = self.api.post("/login", &json!({ "username": username, "password": password })).await;
        response.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// The settings of a replica that trusts it.
    pub fn replica_config(&self) -> resource_service::Config {
        let listen = LISTEN.parse().unwrap();
        resource_service::Config {
            listen,
            issuer: self.url().to_owned().into(),
            workers: Some(1),
            ..Default::default()
        }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn serve(app: App) -> JoinHandle<()> {
    rt::spawn(async { app.run().await.unwrap() })
}

/// A running replica, stopped on drop. It dereferences to its [`Api`].
pub struct Replica {
    api: Api,
    server: JoinHandle<()>,
}

impl Replica {
    /// With these settings.
    pub fn start(config: resource_service::Config) -> Self {
        let app = resource_service::App::build(config).unwrap();
        let api = Api::at(app.url());
        let server = rt::spawn(async { app.run().await.unwrap() });
        Self { api, server }
    }

    /// One that trusts this issuer.
    pub fn of(issuer: &Issuer) -> Self {
        Self::start(issuer.replica_config())
    }

    /// One that also fetches the keys every second.
    pub fn with_frequent_key_refresh(issuer: &Issuer) -> Self {
        let mut config = issuer.replica_config();
        config.keys.refresh_secs = 1;
        Self::start(config)
    }
}

impl Deref for Replica {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.server.abort();
    }
}
