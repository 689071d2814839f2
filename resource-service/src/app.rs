//! resource-service put together. The only file that knows everybody.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{
    dev::Server,
    middleware::{Condition, from_fn},
    web::Data,
};
use service_kit::{
    ApiDescription, Envelope, Lifecycle, Metrics, ServerSettings, StartError, bind, serve, verification_metrics,
};
use shared::{TokenCache, TokenVerifier, read_token_from_json};

use crate::{
    config::{Config, SETTINGS, TokenCacheConfig},
    health::readiness,
    keys::{self, IssuerKeys},
    lookup,
    revocation::{self, IssuerStatus},
    routes::{PROTECTED, routes},
};

/// resource-service, wired and bound.
pub struct App {
    server: Server,
    lifecycle: Lifecycle,
    drain: Duration,
    address: SocketAddr,
    keys: Vec<IssuerKeys>,
    statuses: Vec<IssuerStatus>,
}

impl App {
    /// Takes the address, puts everything together and begins to fetch the issuer's keys and status
    /// lists; it need not be up yet.
    ///
    /// # Errors
    /// [`StartError`] that names the setting to blame.
    pub fn build(config: Config) -> Result<Self, StartError> {
        let listener = bind(config.listen, &SETTINGS.variable("listen"))?;
        Self::build_on(listener, config)
    }

    /// The same on an address that has been taken already.
    ///
    /// # Errors
    /// [`StartError`] that names the setting to blame.
    pub fn build_on(listener: TcpListener, config: Config) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(|error| SETTINGS.unusable_listener(error))?;
        let locations = SETTINGS.token_locations(&config.token_location)?;
        let has_json = locations.has_json();
        let policy = revocation::policy(&config, &PROTECTED)?;
        let keys = keys::open(&config)?;
        let statuses = revocation::open(&config, &keys)?;
        let verifier = TokenVerifier::new(&config.audience)
            .with_leeway(Duration::from_secs(config.leeway_secs.into()))
            .with_locations(locations);
        let verifier = keys.iter().fold(verifier, |verifier, keys| verifier.trust(&keys.issuer, keys.store.clone()));
        let verifier = statuses.iter().fold(verifier, |verifier, status| {
            verifier.with_status(&status.issuer, status.store.clone(), policy.clone())
        });
        let TokenCacheConfig { tokens, bytes } = config.token_cache;
        let verifier = if tokens == 0 { verifier } else { verifier.with_cache(TokenCache::new(tokens, bytes)) };
        let lookup = lookup::open(&config)?;
        let (verifier, instance) = (Data::new(verifier), Data::new(config.instance.clone()));
        let description = Data::new(ApiDescription::new(include_str!("../openapi.json")));
        let proxies = Data::new(SETTINGS.trusted_proxies(&config.trusted_proxies)?);
        let drain = Duration::from_secs(config.drain_secs);
        let lifecycle = Lifecycle::default();
        let readiness = Data::new(readiness(&lifecycle, &verifier));
        let metrics = Metrics::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .readiness(readiness.clone())
            .collect(verification_metrics(verifier.clone()))
            .collect(keys::metrics(&keys))
            .collect(revocation::metrics(&statuses));
        let metrics = Data::new(metrics);
        let envelope = Envelope::new(&instance, metrics.clone(), lifecycle.clone(), proxies.clone());
        let envelope = envelope.access_log(config.log.access);
        let issuers = config.issuer.iter().collect::<Vec<_>>().join(", ");
        log::info!("resource-service {} listens on {address}, tokens of {issuers}", instance.as_str());
        let settings = ServerSettings { workers: config.workers, blocking_threads: 1 };
        let server = serve(listener, settings, move || {
            actix_web::App::new()
                .app_data(verifier.clone())
                .app_data(lookup.clone())
                .app_data(instance.clone())
                .app_data(metrics.clone())
                .app_data(description.clone())
                .app_data(readiness.clone())
                .app_data(proxies.clone())
                .wrap(Condition::new(has_json, from_fn(read_token_from_json)))
                .wrap(envelope.clone())
                .configure(routes)
        })
        .map_err(|error| SETTINGS.unusable_listener(error))?;
        Ok(Self { server, lifecycle, drain, address, keys, statuses })
    }

    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until the process is told to stop.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn run(self) -> io::Result<()> {
        let _loops = (self.keys, self.statuses);
        self.lifecycle.run(self.server, self.drain).await
    }
}
