//! Composition root of resource-service.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    dev::{Server, ServerHandle},
    middleware::{Condition, from_fn},
    web::Data,
};
use service_kit::{
    ApiDescription, Connections, Cors, Envelope, Lifecycle, Metrics, Readiness, ServerSettings, StartError, Tls,
    allow_origins, bind, serve, verification_metrics,
};
use shared::{ResourceServer, actix::read_token_from_json, tasks::SupervisedTask};

use crate::{
    api::api,
    auth,
    config::{Config, SETTINGS},
    routes::routes,
};

/// A replica, wired and bound.
pub struct App {
    server: Server,
    lifecycle: Lifecycle,
    drain: Duration,
    address: SocketAddr,
    auth: ResourceServer,
    has_tls: bool,
    /// Reloads the certificate.
    _certificate: Option<SupervisedTask>,
}

impl App {
    /// Binds the address and begins to fetch the issuer's keys and status lists.
    pub fn build(config: Config) -> Result<Self, StartError> {
        let listener = bind(config.listen, &SETTINGS.variable("listen"))?;
        Self::build_on(listener, config)
    }

    /// The same on a bound listener.
    pub fn build_on(listener: TcpListener, config: Config) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(|error| SETTINGS.unusable_listener(error))?;
        let tls = SETTINGS.tls(&config.tls)?;
        let certificate = tls.as_ref().map(Tls::watch);
        let auth = auth::open(&config)?;
        let has_json = auth.verifier().locations().has_json();
        let lifecycle = Lifecycle::default();
        let readiness = Data::new(
            Readiness::of_resource_server(lifecycle.clone(), &auth)
                .tasks_alive(certificate.iter().map(|task| Arc::clone(task.health()))),
        );
        let proxies = SETTINGS.trusted_proxies(&config.trusted_proxies)?;
        let cors = Data::new(Cors::new(SETTINGS.origins("cors.origins", &config.cors.origins)?));
        let connections = Connections::new(config.connections, proxies.clone());
        let metrics = Metrics::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .readiness(readiness.clone())
            .collect(connections.metrics())
            .collect(verification_metrics(Arc::clone(auth.verifier())));
        let (metrics, instance) = (Data::new(metrics), Data::new(config.instance.clone()));
        let description = Data::new(ApiDescription::new(api(auth.verifier().locations())));
        let proxies = Data::new(proxies);
        let envelope = Envelope::new(&instance, metrics.clone(), lifecycle.clone(), proxies.clone())
            .access_log(config.log.access)
            .transport_security(config.tls.transport_security(config.hsts_secs));
        log::info!("resource-service {} listens on {address}, issuers {}", instance.as_str(), config.issuer);
        let (served, workers, keep_alive) = (auth.clone(), config.workers, Duration::from_secs(config.keep_alive_secs));
        let server =
            serve(listener, ServerSettings { workers, blocking_threads: 1, keep_alive, connections, tls }, move || {
                actix_web::App::new()
                    .configure(served.app())
                    .app_data(instance.clone())
                    .app_data(metrics.clone())
                    .app_data(description.clone())
                    .app_data(readiness.clone())
                    .app_data(proxies.clone())
                    .app_data(cors.clone())
                    .wrap(Condition::new(has_json, from_fn(read_token_from_json)))
                    .wrap(Condition::new(!cors.is_empty(), from_fn(allow_origins)))
                    .wrap(envelope.clone())
                    .configure(routes)
            })
            .map_err(|error| SETTINGS.unusable_listener(error))?;
        Ok(Self {
            server,
            lifecycle,
            drain: Duration::from_secs(config.drain_secs),
            address,
            auth,
            has_tls: config.tls.is_set(),
            _certificate: certificate,
        })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.has_tls { "https" } else { "http" }, self.address)
    }

    /// Its resource server, for tests of the background tasks.
    pub fn auth(&self) -> &ResourceServer {
        &self.auth
    }

    /// Stops the server, which ends [`App::run`].
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until SIGTERM.
    pub async fn run(self) -> io::Result<()> {
        self.lifecycle.run(self.server, self.drain).await
    }
}
