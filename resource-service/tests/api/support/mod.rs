//! Fixtures: a replica and a fake issuer.

mod fake_issuer;

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
};

use actix_web::rt;
use resource_service::{App, Config};
use service_kit::testing::Api;
use shared::testing::PUBLIC_KEY_PEM;

pub use fake_issuer::FakeIssuer;

/// A running replica, stopped on drop. It dereferences to its [`Api`].
pub struct Replica {
    api: Api,
    server: rt::task::JoinHandle<()>,
}

impl Replica {
    /// With these settings.
    pub fn spawn(config: Config) -> Self {
        let app = App::build(config).unwrap();
        let api = Api::at(app.url());
        let server = rt::spawn(async { app.run().await.unwrap() });
        Self { api, server }
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

/// A free port and one worker.
pub fn config() -> Config {
    Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), workers: Some(1), ..Config::default() }
}

/// The same, with the fixed key's public half from the settings.
pub fn config_with_pem() -> Config {
    Config { public_key: Some(PUBLIC_KEY_PEM.to_owned()), ..config() }
}
