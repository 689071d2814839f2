//! Where the keys come from: the settings, or the issuers.

use std::{io, sync::Arc, time::Duration};

use service_kit::{Figure, NamedFigure, StartError};
use shared::{
    KeySet, KeyStore, UnixTime,
    client::{DiskCopy, IssuerUrl, JwksSource, KeyRefresher, RefreshStats},
};

use crate::config::{Config, SETTINGS};

/// One issuer's keys, and the loop that keeps them fresh, if they are not from the settings.
pub struct IssuerKeys {
    /// Whose they are.
    pub issuer: String,
    /// What the verifier reads.
    pub store: Arc<KeyStore>,
    /// Ends with the service.
    pub refresher: Option<KeyRefresher>,
}

/// A key from the settings, or for each issuer a loop that fetches its keys, beginning now.
///
/// # Errors
/// [`StartError`] for a key that is none or an address that must not be asked.
pub fn open(config: &Config) -> Result<Vec<IssuerKeys>, StartError> {
    let issuers = config.issuer.iter().enumerate();
    issuers.map(|(number, issuer)| open_one(config, number, issuer)).collect()
}

/// Where that issuer's documents are fetched from, and by which setting.
///
/// # Errors
/// [`StartError`] for an address that must not be asked.
pub fn issuer_url(config: &Config, number: usize, issuer: &str) -> Result<IssuerUrl, StartError> {
    match config.fetch_from.iter().nth(number) {
        Some(url) => parse("fetch_from", url, config.allow_http),
        None => parse("issuer", issuer, config.allow_http),
    }
}

/// What goes wrong where TLS is not possible.
pub fn no_certificates(error: impl std::error::Error) -> StartError {
    let remedy = "An https address needs this machine's root certificates (Debian's package ca-certificates).";
    StartError::new(SETTINGS.variable("issuer"), error.to_string(), remedy)
}

/// What goes wrong where disk copies have no place.
pub fn no_folder(error: io::Error) -> StartError {
    let remedy = "Name a folder that this user may write to, or none.";
    StartError::new(SETTINGS.variable("cache_dir"), error.to_string(), remedy)
}

/// How the refreshing goes, for the metrics.
pub fn figures(keys: &[IssuerKeys]) -> impl Fn() -> Vec<NamedFigure> + Send + Sync + 'static {
    let refreshed = keys.iter().filter_map(|keys| {
        let stats = Arc::clone(keys.refresher.as_ref()?.stats());
        Some((keys.issuer.clone(), Arc::clone(&keys.store), stats))
    });
    let refreshed: Vec<(String, Arc<KeyStore>, Arc<RefreshStats>)> = refreshed.collect();
    move || {
        let now = UnixTime::now();
        let each = |name, help, figure: fn(&KeyStore, &RefreshStats, UnixTime) -> Figure| {
            refreshed.iter().map(move |(issuer, store, stats)| {
                (name, help, vec![("issuer", issuer.clone())], figure(store, stats, now))
            })
        };
        each("key_set_age_seconds", "Since the issuer last confirmed its keys; -1 while there are none", age)
            .chain(each("key_set_refreshes", "The issuer told its keys", |_, stats, _| {
                Figure::Counter(stats.refreshes())
            }))
            .chain(each("key_set_failures", "The issuer did not tell its keys", |_, stats, _| {
                Figure::Counter(stats.failures())
            }))
            .chain(each("key_set_misses", "Tokens named a key that is not in the set", |store, _, _| {
                Figure::Counter(store.misses())
            }))
            .chain(each("issuer_clock_skew_seconds", "How far the issuer's clock is ahead", |_, stats, _| {
                Figure::Gauge(stats.skew_secs())
            }))
            .collect()
    }
}

fn age(store: &KeyStore, _: &RefreshStats, now: UnixTime) -> Figure {
    Figure::Gauge(store.age(now).and_then(|age| i64::try_from(age.as_secs()).ok()).unwrap_or(-1))
}

fn open_one(config: &Config, number: usize, issuer: &str) -> Result<IssuerKeys, StartError> {
    let issuer = issuer.to_owned();
    if let Some(pem) = &config.public_key {
        let keys = KeySet::from_pem(pem).map_err(|error| {
            let remedy = "Give the public half of the issuer's key in PEM, or leave it out to use its JWKS.";
            StartError::new(SETTINGS.variable("public_key"), error.to_string(), remedy)
        })?;
        return Ok(IssuerKeys { issuer, store: Arc::new(KeyStore::fixed(keys)), refresher: None });
    }
    let store = Arc::new(KeyStore::refreshed(Duration::from_secs(config.keys.max_stale_secs)));
    let source = source(config, number, &issuer)?.as_instance(config.instance.as_str());
    let interval = Duration::from_secs(config.keys.refresh_secs);
    let copy = config.cache_dir.as_ref().map(|folder| DiskCopy::of_keys(folder, &issuer));
    let copy = copy.transpose().map_err(no_folder)?;
    let refresher = Some(KeyRefresher::spawn(Arc::clone(&store), source, interval, copy));
    Ok(IssuerKeys { issuer, store, refresher })
}

fn source(config: &Config, number: usize, issuer: &str) -> Result<JwksSource, StartError> {
    match config.jwks_url.iter().nth(number) {
        Some(url) => JwksSource::at(&parse("jwks_url", url, config.allow_http)?),
        None => JwksSource::of_issuer(issuer, issuer_url(config, number, issuer)?),
    }
    .map_err(no_certificates)
}

fn parse(setting: &str, url: &str, allow_http: bool) -> Result<IssuerUrl, StartError> {
    IssuerUrl::parse(url, allow_http).map_err(|error| {
        let remedy = "Set it to an https address, or, in a network of your own, set RESOURCE__ALLOW_HTTP=true.";
        StartError::new(SETTINGS.variable(setting), error.to_string(), remedy)
    })
}
