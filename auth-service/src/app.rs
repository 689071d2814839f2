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
    ApiDescription, Envelope, Figure, Figures, Lifecycle, Metrics, NamedFigure, ServerSettings, StartError, bind,
    serve, verification_figures,
};
use shared::{OnStale, StatusPolicy, TokenVerifier, UnixTime, read_token_from_json, user_lookup};

use crate::{
    administration::accounts::Accounts,
    clients::client_token_issuer::ClientTokenIssuer,
    config::{Config, SETTINGS},
    db::{Db, migrate},
    keys::{keep::KeyLoop, key_keeper::KeyKeeper, key_safe::KeySafe, shared_secret::open_or_make},
    routes::routes,
    sessions::{refresh_token::RefreshTokens, session_issuer::SessionIssuer, sweep::SweepLoop},
    status::{allotter::Allotter, keep::ListLoop, list_keeper::ListKeeper},
    tokens::issuer::TokenIssuer,
    users::{first_users, lookup::DatabaseLookup, password_hasher::PasswordHasher},
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
        let issuer = Data::new(TokenIssuer::new(&config));
        let token_ttl = Duration::from_secs(config.tokens.access_ttl_secs.into());
        let allotter = Data::new(Allotter::new(db.clone(), token_ttl));
        let client_tokens =
            ClientTokenIssuer::new(db.clone(), allotter.clone(), issuer.clone(), keys.clone(), token_ttl);
        let client_tokens = Data::new(client_tokens);
        let sessions =
            SessionIssuer::new(db.clone(), allotter, refresh_tokens, issuer.clone(), keys.clone(), &config.tokens);
        let sessions = Data::new(sessions);
        let settings =
            ServerSettings { workers: config.workers, blocking_threads: config.database.connections as usize };
        let instance = Data::new(config.instance.clone());
        let key_config = Data::new(config.keys.clone());
        let verifiers = Data::new(VerifierRegister::new(db.clone(), &config.keys));
        let metrics = Metrics::new(|registry| {
            registry.register_collector(Box::new(Figures(verification_figures(verifier.clone()))));
            registry.register_collector(Box::new(Figures(gauges(db.clone(), hasher.clone()))));
            registry.register_collector(Box::new(Figures(list_gauges(lists.clone()))));
        });
        let metrics = Data::new(metrics);
        let description = Data::new(ApiDescription::new(include_str!("../openapi.json")));
        let proxies = Data::new(SETTINGS.trusted_proxies(&config.trusted_proxies)?);
        let drain = Duration::from_secs(config.drain_secs);
        let lifecycle = Lifecycle::default();
        let lifecycle_of_app = Data::new(lifecycle.clone());
        let envelope = Envelope::new(&instance, metrics.clone(), lifecycle.clone(), proxies.clone());
        let loops = (
            KeyLoop::spawn(keys.clone(), verifiers.clone()),
            ListLoop::spawn(lists.clone()),
            SweepLoop::spawn(db.clone()),
        );
        let accounts = Data::new(Accounts::new(db.clone()).telling(lists.clone()));
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
                .app_data(issuer.clone())
                .app_data(client_tokens.clone())
                .app_data(sessions.clone())
                .app_data(instance.clone())
                .app_data(metrics.clone())
                .app_data(description.clone())
                .app_data(lifecycle_of_app.clone())
                .app_data(proxies.clone())
                .app_data(key_config.clone())
                .app_data(config.clone())
                .wrap(actix_web::middleware::Condition::new(locations.has_json(), from_fn(read_token_from_json)))
                .wrap(envelope.clone())
                .configure(routes)
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
        .trust(&config.issuer, keys)
        .with_status(&config.issuer, Arc::clone(lists.own()), policy)
        .with_locations(locations))
}

/// How busy the connections and the hashing threads are.
fn gauges(db: Db, hasher: PasswordHasher) -> impl Fn() -> Vec<NamedFigure> + Send + Sync + 'static {
    move || {
        let (open, idle) = db.connections();
        let gauge = |name, help, value: i64| (name, help, vec![], Figure::Gauge(value));
        vec![
            gauge("db_connections_open", "Connections to the database", open.into()),
            gauge("db_connections_idle", "Those of them that nobody uses", idle.into()),
            gauge("password_hashes_waiting", "Hashes asked for and not yet under way", hasher.waiting().into()),
            gauge("password_hashes_under_way", "Hashes being made", hasher.under_way().into()),
            gauge("password_hash_memory_bytes", "Memory that a hash works in", hasher.memory_per_hash()),
        ]
    }
}

/// How many status lists and entries there are, how long they took to build, and how old what is known of them is.
fn list_gauges(lists: Data<ListKeeper>) -> impl Fn() -> Vec<NamedFigure> + Send + Sync + 'static {
    move || {
        let board = lists.last_board();
        let count = i64::try_from(board.rows().len()).unwrap_or(i64::MAX);
        let lent = board.rows().iter().map(|row| row.lent).sum();
        let build = i64::try_from(lists.last_build().as_micros()).unwrap_or(i64::MAX);
        let age = lists.age().map_or(-1, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let gauge = |name, help, value: i64| (name, help, vec![], Figure::Gauge(value));
        vec![
            gauge("status_lists", "Status lists that tokens may name", count),
            gauge("status_list_entries_lent", "Entries in them that have been lent to nodes", lent),
            gauge("status_list_build_microseconds", "The last build of lists that had changed", build),
            gauge("status_lists_age_milliseconds", "Since the database last told them; -1 before that", age),
        ]
    }
}
