//! `auth-service doctor`.

mod backchannel;
mod clock;
mod connections;
mod database;
mod files;
mod issuer;
mod sample_users;
mod secrets;
mod settings;
mod signing_keys;
mod standbys;

use std::path::Path;

use service_kit::{
    doctor::{
        Check, Entrance, ExaminedSettings, ReportFormat, check_disk, check_secret_files, check_web_origins, folder_of,
    },
    init_log,
    output::Failure,
};
use shared::UnixTime;

use crate::{
    config::{Config, SETTINGS},
    db::{DatabaseUrl, DbConnection, Inspection, connect_to_read},
};

pub(super) async fn run(format: &ReportFormat, file: Option<&Path>) -> Result<(), Failure> {
    let examined = ExaminedSettings::of_process(&SETTINGS, file, settings::check);
    init_log(&examined.settings.log, "error");
    let now = UnixTime::now();
    let mut checks = examined.checks();
    checks.extend(of_settings(&examined, now));
    let mut kid = None;
    if examined.is_certain("database.url") {
        kid = of_database(&examined, &mut checks, now).await;
    }
    if examined.are_certain(&["issuer", "audience", "listen", "trusted_proxies"]) {
        checks.extend(issuer::checks(&examined.settings, kid.as_deref()).await);
    }
    format.report(checks)
}

/// Checks that need only the settings and this machine.
fn of_settings(examined: &ExaminedSettings<Config>, now: UnixTime) -> Vec<Check> {
    let config = &examined.settings;
    let Config { listen, tls, connections, trusted_proxies, .. } = config;
    let mut checks = examined.check_entrance(&Entrance { listen: *listen, tls, connections, trusted_proxies }, now);
    if examined.are_certain(&["cors.origins", "listen"]) {
        checks.extend(check_web_origins(&SETTINGS, &config.cors.origins, config.listen));
    }
    if examined.is_certain("limits.enabled") {
        checks.push(settings::check_limits(&config.limits));
    }
    if examined.are_certain(&["passwords.memory_kib", "passwords.iterations"]) {
        checks.push(settings::check_passwords(&config.passwords));
    }
    checks.push(check_secret_files(&SETTINGS, &examined.origins));
    checks
}

/// Checks of the database; returns the id of the key that signs.
async fn of_database(examined: &ExaminedSettings<Config>, checks: &mut Vec<Check>, now: UnixTime) -> Option<String> {
    let config = &examined.settings;
    // Anything but a URL is an error of the settings.
    let url = DatabaseUrl::of(&config.database).ok()?;
    checks.extend(secrets::checks(config, &url));
    if let DatabaseUrl::Sqlite(file) = &url {
        if !file.exists() {
            checks.push(database::missing(file));
            return None;
        }
        // Before SQLite adds files of its own.
        checks.extend([files::check(file), check_disk(folder_of(file))]);
    }
    let (mut conn, inspection) = match inspect(&url) {
        Ok(inspected) => inspected,
        Err(error) => {
            checks.push(database::unusable(&url, &error));
            return None;
        }
    };
    checks.extend(database::checks(&url, &inspection, config.database.connections));
    checks.extend(clock::check(&mut conn));
    let (migrations, is_migrated) = database::migrations(&mut conn);
    checks.push(migrations);
    if !is_migrated {
        return None;
    }
    let mut kid = None;
    if examined.are_certain(&["master_key", "previous_master_key", "keys.private_key"]) {
        let (keys, current) = signing_keys::check(&mut conn, &url, config, now);
        checks.push(keys);
        kid = current;
    }
    if examined.is_certain("backchannel.private_addresses") {
        checks.extend(backchannel::check(&mut conn, &config.backchannel));
    }
    checks.push(sample_users::check(&mut conn, &config.passwords).await);
    kid
}

fn inspect(url: &DatabaseUrl) -> Result<(DbConnection, Inspection), String> {
    let mut conn = connect_to_read(url).map_err(|error| error.to_string())?;
    let inspection = Inspection::make(&mut conn).map_err(|error| error.to_string())?;
    Ok((conn, inspection))
}
