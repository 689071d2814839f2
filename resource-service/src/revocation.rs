//! Where it stands which tokens have been taken back: the issuers' status lists.

use std::{collections::HashMap, sync::Arc, time::Duration};

use service_kit::{Scrape, StartError};
use shared::{
    OnStale, StatusPolicy, StatusStore, UnixTime,
    client::{DiskCopy, RefreshStats, StatusRefresher, StatusSource},
};

use crate::{
    config::{Config, SETTINGS},
    keys::{IssuerKeys, issuer_url, no_certificates, no_folder},
};

/// One issuer's status lists, and the loop that keeps them fresh.
pub struct IssuerStatus {
    /// Whose they are.
    pub issuer: String,
    /// What the verifier reads.
    pub store: Arc<StatusStore>,
    /// Ends with the service.
    pub refresher: StatusRefresher,
}

/// For each issuer a loop that fetches its status lists, beginning now; none where the key is from the settings and
/// tokens need no status.
///
/// # Errors
/// [`StartError`] for an address that must not be asked.
pub fn open(config: &Config, keys: &[IssuerKeys]) -> Result<Vec<IssuerStatus>, StartError> {
    if config.public_key.is_some() && !config.requires_status() {
        return Ok(Vec::new());
    }
    keys.iter().enumerate().map(|(number, keys)| open_one(config, number, keys)).collect()
}

/// What is demanded of tokens' statuses; `protected` are the routes that may be told apart.
///
/// # Errors
/// [`StartError`] for a route that does not exist, or is neither open nor closed.
pub fn policy(config: &Config, protected: &[&str]) -> Result<StatusPolicy, StartError> {
    let routes = config.revocation.routes.iter().map(|entry| {
        let (route, on_stale) = entry.split_once('=').unwrap_or((entry, ""));
        let on_stale = match on_stale {
            "open" => Some(OnStale::Open),
            "closed" => Some(OnStale::Closed),
            _ => None,
        };
        on_stale.filter(|_| protected.contains(&route)).map(|on_stale| (route.to_owned(), on_stale)).ok_or_else(|| {
            let remedy = format!("Name routes as in /dashboard=open; there are {}.", protected.join(", "));
            StartError::new(SETTINGS.variable("revocation.routes"), format!("{entry:?} is none"), remedy)
        })
    });
    let routes: HashMap<_, _> = routes.collect::<Result<_, _>>()?;
    Ok(StatusPolicy { required: config.requires_status(), on_stale: config.revocation.on_stale, routes })
}

/// Status lists and how their refreshing goes.
pub fn metrics(statuses: &[IssuerStatus]) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    let refreshed = statuses.iter().map(|status| {
        let stats = Arc::clone(status.refresher.stats());
        (status.issuer.clone(), Arc::clone(&status.store), stats)
    });
    let refreshed: Vec<(String, Arc<StatusStore>, Arc<RefreshStats>)> = refreshed.collect();
    move |scrape| {
        let now = UnixTime::now();
        let each = || refreshed.iter().map(|(issuer, store, stats)| ([("issuer", issuer.as_str())], store, stats));
        scrape.gauges(
            "status_list_age_seconds",
            "Time since the issuer last confirmed its oldest status list; -1 while there is none.",
            each().map(|(labels, store, _)| (labels, store.age(now).map_or(-1.0, |age| age.as_secs_f64()))),
        );
        scrape.gauges(
            "status_lists",
            "Status lists of the issuer in memory.",
            each().map(|(labels, store, _)| (labels, store.lists())),
        );
        scrape.counters(
            "status_list_refreshes",
            "Successful fetches of the issuer's status lists.",
            each().map(|(labels, _, stats)| (labels, stats.refreshes())),
        );
        scrape.counters(
            "status_list_failures",
            "Failed fetches of the issuer's status lists.",
            each().map(|(labels, _, stats)| (labels, stats.failures())),
        );
        scrape.counters(
            "status_list_misses",
            "Tokens that named an unknown status list.",
            each().map(|(labels, store, _)| (labels, store.misses())),
        );
    }
}

fn open_one(config: &Config, number: usize, keys: &IssuerKeys) -> Result<IssuerStatus, StartError> {
    let issuer = keys.issuer.clone();
    let store = Arc::new(StatusStore::new(Duration::from_secs(config.revocation.max_stale_secs)));
    let fetch_from = issuer_url(config, number, &issuer)?;
    let source = StatusSource::of_issuer(&issuer, fetch_from).map_err(no_certificates)?;
    let interval = Duration::from_secs(config.revocation.poll_secs);
    let copy = config.cache_dir.as_ref().map(|folder| DiskCopy::of_status_lists(folder, &issuer));
    let copy = copy.transpose().map_err(no_folder)?;
    let refresher = StatusRefresher::spawn(Arc::clone(&store), Arc::clone(&keys.store), source, interval, copy);
    Ok(IssuerStatus { issuer, store, refresher })
}
