//! The composition root: wires, binds and serves.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    dev::{Server, ServerHandle, Service},
    middleware::{Condition, from_fn},
    web::{Data, ServiceConfig},
};
use service_kit::{
    ApiDescription, Connections, Cors, Envelope, Instance, Lifecycle, Metrics, Readiness, ServerSettings, StartError,
    TrustedProxies, bind, error_chain, serve, verification_metrics,
};
use shared::{Secret, UnixTime, actix::read_token_from_json, tasks::TaskHealth};
use tokio::time::timeout;

use crate::{
    api::api,
    audit::refusals::Refusals,
    background_tasks::BackgroundTasks,
    clients::{
        client_origins::ClientOrigins, clients::Clients, error::ClientError,
        sent_registration::SentRegistration as ClientRegistration,
    },
    config::{Config, SETTINGS},
    cross_origin::{CrossOrigin, cross_origin},
    db::DatabaseUrl,
    detached_headers::detach_headers,
    health::readiness,
    metrics::{
        AuthEvents, database_metrics, hashing_metrics, key_metrics, logout_notice_metrics, status_list_metrics,
        upkeep_metrics,
    },
    openid::metadata_paths::metadata_paths,
    playground::playground::Playground,
    routes::routes,
    services::Services,
};

/// How long the last write to the audit log may delay the end.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// auth-service, wired and bound.
pub struct App {
    server: Server,
    lifecycle: Lifecycle,
    drain: Duration,
    address: SocketAddr,
    has_tls: bool,
    tasks: BackgroundTasks,
    refusals: Arc<Refusals>,
    clients: Data<Clients>,
}

impl App {
    /// Binds the address and wires everything: database, schema, keys, first users.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let listener = bind(config.listen, &SETTINGS.variable("listen"))?;
        Self::build_on(listener, config).await
    }

    /// As [`App::build`], on a listener that is bound already.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub async fn build_on(listener: TcpListener, config: Config) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(|error| SETTINGS.unusable_listener(error))?;
        let url = DatabaseUrl::of(&config.database)?;
        let tls = SETTINGS.tls(&config.tls)?;
        let services = Services::open(&url, &config).await?;
        let tasks = BackgroundTasks::spawn(&services, tls.as_ref());
        let chassis = Chassis::new(&services, &tasks, &config)?;
        let lifecycle = chassis.lifecycle.clone();
        let drain = Duration::from_secs(config.drain_secs);
        let refusals = Arc::clone(&services.refusals);
        let clients = services.client_changes.clone();
        let settings = ServerSettings {
            workers: config.workers,
            // Any worker may have all connections in use, besides those of the upkeep and a thread that builds a list.
            blocking_threads: config.database.connections as usize + 4,
            keep_alive: Duration::from_secs(config.keep_alive_secs),
            connections: Arc::clone(&chassis.connections),
            tls,
        };
        log::info!("auth-service {} listens on {address}, {url}", config.instance.as_str());
        let has_tls = config.tls.is_set();
        let metadata_paths = metadata_paths(&config.issuer);
        // Wipes the secrets in it.
        drop(config);
        let server = serve(listener, settings, move || {
            let has_json = services.verifier.locations().has_json();
            actix_web::App::new()
                .configure(|app| services.register(app))
                .configure(|app| chassis.register(app))
                .wrap(Condition::new(has_json, from_fn(read_token_from_json)))
                .wrap_fn(|mut req, service| {
                    detach_headers(&mut req);
                    service.call(req)
                })
                .wrap(from_fn(cross_origin))
                .wrap(chassis.envelope.clone())
                .configure(|app| routes(app, &chassis.events, chassis.playground.is_some(), &metadata_paths))
        })
        .map_err(|error| SETTINGS.unusable_listener(error))?;
        Ok(Self { server, lifecycle, drain, address, has_tls, tasks, refusals, clients })
    }

    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.has_tls { "https" } else { "http" }, self.address)
    }

    /// The health of the background tasks.
    pub fn task_healths(&self) -> Vec<Arc<TaskHealth>> {
        self.tasks.healths()
    }

    /// Registers a client of the program in which this runs, whether it exists or not, and returns its new secret; `None` for a
    /// public client.
    ///
    /// # Errors
    /// [`StartError`] that says why it cannot be registered.
    pub async fn register_client(
        &self,
        name: &str,
        registration: &ClientRegistration,
    ) -> Result<Option<Secret>, StartError> {
        ensure(&self.clients, name, registration).await.map_err(|error| {
            StartError::new(format!("client {name}"), error_chain(&error), "Delete it, or use another name.".to_owned())
        })
    }

    /// Stops the server, which ends [`App::run`].
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn run(self) -> io::Result<()> {
        let _tasks = self.tasks;
        let done = self.lifecycle.run(self.server, self.drain).await;
        if timeout(LAST_WRITE_TIMEOUT, self.refusals.write_rest(UnixTime::now())).await.is_err() {
            log::error!(
                "the most recent failed attempts are missing from the audit log: the database does not respond"
            );
        }
        done
    }
}

async fn ensure(
    clients: &Clients,
    name: &str,
    registration: &ClientRegistration,
) -> Result<Option<Secret>, ClientError> {
    Ok(clients.ensure(name.parse()?, registration.parse()?, UnixTime::now()).await?.secret)
}

/// What every service has: readiness, metrics, the API description, and the middleware.
#[derive(Clone)]
struct Chassis {
    lifecycle: Lifecycle,
    instance: Data<Instance>,
    readiness: Data<Readiness>,
    metrics: Data<Metrics>,
    description: Data<ApiDescription>,
    proxies: Data<TrustedProxies>,
    connections: Arc<Connections>,
    envelope: Envelope,
    events: AuthEvents,
    playground: Option<Data<Playground>>,
    cross_origin: Data<CrossOrigin>,
}

impl Chassis {
    fn new(services: &Services, tasks: &BackgroundTasks, config: &Config) -> Result<Self, StartError> {
        let lifecycle = Lifecycle::default();
        let Services { db, keys, lists, hasher, verifier, writes, .. } = services;
        let readiness = Data::new(readiness(&lifecycle, lists, keys, hasher, writes, &tasks.healths()));
        let events = AuthEvents::default();
        let counted = events.clone();
        let rotates = config.keys.private_key.is_none();
        let rotate_every = rotates.then(|| Duration::from_secs(config.keys.rotate_every_secs));
        let proxies = SETTINGS.trusted_proxies(&config.trusted_proxies)?;
        let connections = Connections::new(config.connections, proxies.clone());
        let metrics = Metrics::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .readiness(readiness.clone())
            .collect(verification_metrics(verifier.clone().into_inner()))
            .collect(connections.metrics())
            .collect(upkeep_metrics)
            .collect(database_metrics(db.clone()))
            .collect(hashing_metrics(hasher.clone()))
            .collect(key_metrics(Arc::clone(keys), rotate_every))
            .collect(status_list_metrics(Arc::clone(lists)))
            .collect(logout_notice_metrics(Arc::clone(&services.logout_delivery)))
            .collect(move |scrape| counted.collect(scrape));
        let metrics = Data::new(metrics);
        let instance = Data::new(config.instance.clone());
        let proxies = Data::new(proxies);
        let envelope = Envelope::new(&instance, metrics.clone(), lifecycle.clone(), proxies.clone());
        let envelope = envelope.access_log(config.log.access);
        let envelope = envelope.transport_security(config.tls.transport_security(config.hsts_secs));
        let description = Data::new(ApiDescription::new(api(verifier.locations(), config.playground)));
        let cors = Cors::new(SETTINGS.origins("cors.origins", &config.cors.origins)?);
        let cross_origin = Data::new(CrossOrigin::new(cors, ClientOrigins::new(db.clone())));
        let playground = if config.playground { Some(Data::new(Playground::open(config)?)) } else { None };
        Ok(Self {
            lifecycle,
            instance,
            readiness,
            metrics,
            description,
            proxies,
            connections,
            envelope,
            events,
            playground,
            cross_origin,
        })
    }

    fn register(&self, app: &mut ServiceConfig) {
        app.app_data(self.instance.clone())
            .app_data(self.metrics.clone())
            .app_data(self.description.clone())
            .app_data(self.readiness.clone())
            .app_data(self.proxies.clone())
            .app_data(self.cross_origin.clone());
        if let Some(playground) = &self.playground {
            app.app_data(playground.clone());
        }
    }
}
