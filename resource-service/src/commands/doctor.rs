//! `resource-service doctor`.

use std::path::Path;

use service_kit::{
    StartError,
    doctor::{
        Check, Entrance, ExaminedSettings, ReportFormat, check_cache_directory, check_disk, check_issuer,
        check_web_origins,
    },
    init_log,
    output::Failure,
};
use shared::UnixTime;

use crate::{
    auth,
    config::{Config, SETTINGS},
};

pub(super) async fn run(format: &ReportFormat, file: Option<&Path>) -> Result<(), Failure> {
    let examined = ExaminedSettings::of_process(&SETTINGS, file, check);
    init_log(&examined.settings.log, "error");
    format.report(checks(&examined, UnixTime::now()).await)
}

/// Whether the service would start with these settings, as far as they depend on nothing else.
fn check(config: &Config) -> Result<(), StartError> {
    config.check()?;
    SETTINGS.trusted_proxies(&config.trusted_proxies)?;
    auth::check(config)
}

async fn checks(examined: &ExaminedSettings<Config>, now: UnixTime) -> Vec<Check> {
    let config = &examined.settings;
    let mut checks = examined.checks();
    let Config { listen, tls, connections, trusted_proxies, .. } = config;
    checks.extend(examined.check_entrance(&Entrance { listen: *listen, tls, connections, trusted_proxies }, now));
    if examined.are_certain(&["cors.origins", "listen"]) {
        checks.extend(check_web_origins(&SETTINGS, &config.cors.origins, config.listen));
    }
    if let Some(directory) = config.cache_dir.as_deref().filter(|_| examined.is_certain("cache_dir")) {
        checks.push(check_cache_directory(directory));
        checks.extend(directory.is_dir().then(|| check_disk(directory)));
    }
    let of_issuers = ["issuer", "fetch_from", "jwks_url", "public_key", "issuer_ca", "allow_http", "audience"];
    if examined.are_certain(&of_issuers) {
        // If they are refused, that is an error of the settings.
        let issuers = auth::issuers(config).unwrap_or_default();
        for issuer in &issuers {
            let found = check_issuer(&SETTINGS, issuer, &config.audience).await.into_iter();
            checks.extend(found.map(|check| if issuers.len() > 1 { check.about(issuer.name()) } else { check }));
        }
    }
    checks
}
