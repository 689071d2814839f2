//! auth-service put together. The only file that knows everybody.

use std::{
    collections::HashMap,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{dev::Server, middleware::from_fn, web::Data};
use service_kit::{
    ApiDescription, Envelope, Lifecycle, Metrics, ServerSettings, StartError, bind, serve, verification_metrics,
};
use shared::{OnStale, StatusPolicy, TokenVerifier, TrustedIssuer, UnixTime, read_token_from_json, user_lookup};

use crate::{
    administration::accounts::Accounts,
    clients::{client_token_issuer::ClientTokenIssuer, clients::Clients},
    config::{Config, SETTINGS},
    db::{Db, migrate},
    health::readiness,
    keys::{keep::KeyLoop, key_keeper::KeyKeeper, key_safe::KeySafe, shared_secret::open_or_make},
    metrics::{AuthEvents, database_metrics, hashing_metrics, key_metrics, status_list_metrics, upkeep_metrics},
    routes::routes,
    sessions::{
        lifetimes::Lifetimes, refresh_token::RefreshTokens, session_tokens::SessionTokens, sessions::Sessions,
        sweep::SweepLoop,
    },
    status::{allotter::Allotter, keep::ListLoop, list_keeper::ListKeeper},
    tokens::issuer::TokenIssuer,
    unit_of_work::UnitOfWork,
    users::{first_users, lookup::DatabaseLookup, password_hasher::PasswordHasher, users::Users},
    verifiers::register::VerifierRegister,
};

/// auth-service, wired and bound.
pub struct App {
    server: Server,
    lifecycle: Lifecycle,
    drain: Duration,
    address: SocketAddr,
    loops: (KeyLoop, ListLoop, SweepLoop),
}

impl App {
    /// Takes the address and puts everything together: database, schema, keys, first users.
    ///
    /// # Errors
    /// [`StartError`] that names the setting to blame.
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let listener = bind(config.listen, &SETTINGS.variable("listen"))?;
        Self::build_on(listener, config).await
    }

    /// The same on an address that has been taken already.
    ///
    /// # Errors
    /// [`StartError`] that names the setting to blame.
    pub async fn build_on(listener: TcpListener, config: Config) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(|error| SETTINGS.unusable_listener(error))?;
        let url = config.database_url()?;
        let db = Db::connect(&url, &config.database)?;
        migrate(&db)?;
        let safe = Arc::new(KeySafe::load(&db, &url, &config)?);
        let keys = Data::new(KeyKeeper::open(&db, &safe, &config).await?);
        let refresh_tokens = RefreshTokens::new(&open_or_make(&db, &safe, "refresh-tokens")?);
        let lists = ListKeeper::open(db.clone(), keys.clone(), config.issuer.clone(), UnixTime::now()).await?;
        let lists = Data::new(lists);
        let hasher = PasswordHasher::start(&config.passwords)?;
        first_users::make(&db, &hasher, &config).await?;
        let verifier = Data::new(own_verifier(&keys, &lists, &config)?);
        let locations = verifier.locations().clone();
        let lookup = user_lookup(DatabaseLookup(db.clone()));
        let issuer = Arc::new(TokenIssuer::new(&config));
        let token_ttl = Duration::from_secs(config.tokens.access_ttl_secs.into());
        let allotter = Arc::new(Allotter::new(db.clone(), token_ttl));
        let work = UnitOfWork::new(db.clone()).publishing(lists.clone().into_inner());
        let client_tokens = Data::new(ClientTokenIssuer::new(
            work.clone(),
            Arc::clone(&allotter),
            Arc::clone(&issuer),
            keys.clone().into_inner(),
            token_ttl,
        ));
        let session_tokens = SessionTokens {
            lifetimes: Lifetimes::new(&config.tokens),
            refresh_tokens,
            allotter,
            issuer: Arc::clone(&issuer),
            keys: keys.clone().into_inner(),
        };
        let sessions = Data::new(Sessions::new(db.clone(), work.clone(), hasher.clone(), session_tokens));
        let clients = Data::new(Clients::new(db.clone(), work.clone()));
        let users = Data::new(Users::new(work.clone()));
        let settings =
            ServerSettings { workers: config.workers, blocking_threads: config.database.connections as usize };
        let instance = Data::new(config.instance.clone());
        let key_config = Data::new(config.keys.clone());
        let verifiers = Data::new(VerifierRegister::new(db.clone(), &config.keys));
        let description = Data::new(ApiDescription::new(include_str!("../openapi.json")));
        let proxies = Data::new(SETTINGS.trusted_proxies(&config.trusted_proxies)?);
        let drain = Duration::from_secs(config.drain_secs);
        let lifecycle = Lifecycle::default();
        let events = AuthEvents::default();
        let counted = events.clone();
        let rotates = config.keys.private_key.is_none();
        let rotate_every = rotates.then(|| Duration::from_secs(config.keys.rotate_every_secs));
        let readiness = Data::new(readiness(&lifecycle, &db, &keys));
        let metrics = Metrics::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .readiness(readiness.clone())
            .collect(verification_metrics(verifier.clone().into_inner()))
            .collect(upkeep_metrics)
            .collect(database_metrics(db.clone()))
            .collect(hashing_metrics(hasher.clone()))
            .collect(key_metrics(keys.clone(), rotate_every))
            .collect(status_list_metrics(lists.clone()))
            .collect(move |scrape| counted.collect(scrape));
        let metrics = Data::new(metrics);
        let envelope = Envelope::new(&instance, metrics.clone(), lifecycle.clone(), proxies.clone());
        let envelope = envelope.access_log(config.log.access);
        let loops = (
            KeyLoop::spawn(keys.clone(), verifiers.clone()),
            ListLoop::spawn(lists.clone()),
            SweepLoop::spawn(db.clone()),
        );
        let accounts = Data::new(Accounts::new(db.clone(), work.clone()));
        let (db, hasher, config) = (Data::new(db), Data::new(hasher), Data::new(config));
        log::info!("auth-service {} listens on {address}, {url}", instance.as_str());
        let server = serve(listener, settings, move || {
            actix_web::App::new()
                .app_data(verifier.clone())
                .app_data(lookup.clone())
                .app_data(db.clone())
                .app_data(keys.clone())
                .app_data(lists.clone())
                .app_data(verifiers.clone())
                .app_data(accounts.clone())
                .app_data(hasher.clone())
                .app_data(Data::from(Arc::clone(&issuer)))
                .app_data(client_tokens.clone())
                .app_data(clients.clone())
                .app_data(users.clone())
                .app_data(Data::new(work.clone()))
                .app_data(sessions.clone())
                .app_data(instance.clone())
                .app_data(metrics.clone())
                .app_data(description.clone())
                .app_data(readiness.clone())
                .app_data(proxies.clone())
                .app_data(key_config.clone())
                .app_data(config.clone())
                .wrap(actix_web::middleware::Condition::new(locations.has_json(), from_fn(read_token_from_json)))
                .wrap(envelope.clone())
                .configure(|service| routes(service, &events))
        })
        .map_err(|error| SETTINGS.unusable_listener(error))?;
        Ok(Self { server, lifecycle, drain, address, loops })
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
        let _loops = self.loops;
        self.lifecycle.run(self.server, self.drain).await
    }
}

/// Verifies this service's own tokens, with the keys and the status lists at hand.
fn own_verifier(keys: &KeyKeeper, lists: &ListKeeper, config: &Config) -> Result<TokenVerifier, StartError> {
    // Tokens without a status are those that were issued before there were lists.
    let policy = StatusPolicy { required: false, on_stale: OnStale::Closed, routes: HashMap::new() };
    let locations = SETTINGS.token_locations(&config.token_location)?;
    let keys = Arc::clone(keys.own_keys());
    Ok(TokenVerifier::new(&config.audience)
        .trust(TrustedIssuer::new(&config.issuer, keys).with_status(Arc::clone(lists.own()), policy))
        .with_locations(locations))
}
