//! `resource-service doctor`.

use std::path::Path;

use clap::Args;
use service_kit::{
    StartError,
    doctor::{
        Check, ExaminedSettings, Report, check_cache_directory, check_disk, check_issuer, check_listener,
        check_open_files, check_proxies, check_tls, check_web_origins,
    },
    init_log,
    output::Failure,
};
use shared::UnixTime;

use crate::{
    auth,
    config::{Config, SETTINGS},
};

/// Exit codes: 0 no errors, but possibly warnings; 1 errors; 2 invalid settings. Checks that an error makes impossible are
/// skipped.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, file: Option<&Path>) -> Result<(), Failure> {
    let examined = ExaminedSettings::of_process(&SETTINGS, file, check);
    init_log(&examined.settings.log, "error");
    Report::new(checks(&examined, UnixTime::now()).await).finish(arguments.json)
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
    if examined.are_certain(&["listen", "tls.cert", "tls.key"]) {
        checks.push(check_listener(config.listen, config.tls.is_set()));
        checks.push(check_tls(&SETTINGS, &config.tls, now));
    }
    if examined.is_certain("connections.max") {
        checks.push(check_open_files(config.connections.max));
    }
    if examined.is_certain("trusted_proxies") {
        checks.push(check_proxies(&SETTINGS, &config.trusted_proxies));
    }
    if examined.are_certain(&["cors.origins", "listen"]) {
        checks.push(check_web_origins(&SETTINGS, &config.cors.origins, config.listen));
    }
    if let Some(directory) = config.cache_dir.as_deref().filter(|_| examined.is_certain("cache_dir")) {
        checks.push(check_cache_directory(directory));
        checks.extend(directory.is_dir().then(|| check_disk(directory)));
    }
    let of_issuers = ["issuer", "fetch_from", "jwks_url", "public_key", "issuer_ca", "allow_http", "audience"];
    if examined.are_certain(&of_issuers) {
        // If they are refused, that is an error of the settings.
        for issuer in auth::issuers(config).unwrap_or_default() {
            checks.extend(check_issuer(&SETTINGS, &issuer, &config.audience).await);
        }
    }
    checks
}
