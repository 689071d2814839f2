//! Where the keys come from: the settings, or the issuers.

use std::{io, sync::Arc, time::Duration};

use service_kit::{Scrape, StartError};
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

/// Key sets and how their refreshing goes.
pub fn metrics(keys: &[IssuerKeys]) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    let refreshed = keys.iter().filter_map(|keys| {
        let stats = Arc::clone(keys.refresher.as_ref()?.stats());
        Some((keys.issuer.clone(), Arc::clone(&keys.store), stats))
    });
    let refreshed: Vec<(String, Arc<KeyStore>, Arc<RefreshStats>)> = refreshed.collect();
    move |scrape| {
        let now = UnixTime::now();
        let each = || refreshed.iter().map(|(issuer, store, stats)| ([("issuer", issuer.as_str())], store, stats));
        scrape.gauges(
            "key_set_age_seconds",
            "Time since the issuer last confirmed its key set; -1 while there is none.",
            each().map(|(labels, store, _)| (labels, store.age(now).map_or(-1.0, |age| age.as_secs_f64()))),
        );
        scrape.counters(
            "key_set_refreshes",
            "Successful fetches of the issuer's key set.",
            each().map(|(labels, _, stats)| (labels, stats.refreshes())),
        );
        scrape.counters(
            "key_set_failures",
            "Failed fetches of the issuer's key set.",
            each().map(|(labels, _, stats)| (labels, stats.failures())),
        );
        scrape.counters(
            "key_set_misses",
            "Tokens that named a key outside the key set.",
            each().map(|(labels, store, _)| (labels, store.misses())),
        );
        scrape.gauges(
            "issuer_clock_skew_seconds",
            "How far the issuer's clock is ahead of this one.",
            each().map(|(labels, _, stats)| (labels, stats.skew_secs())),
        );
    }
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
