//! `auth-service doctor`.

mod check;
mod clock;
mod database;
mod disk;
mod files;
mod report;
mod sample_users;
mod signing_keys;
mod standbys;

use clap::Args;

use self::{check::Check, report::Report};
use super::output::Failure;
use crate::{
    config::Config,
    db::{DatabaseUrl, Inspection, connect_to_read},
    users::password_hasher::PasswordHasher,
};

/// Exit code 0 if there is no error (there may be warnings), 1 if there is one, 2 if the settings are invalid. Checks that cannot
/// be made because of an error are left out.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    Report::new(checks(config).await?).finish(arguments.json)
}

async fn checks(config: &Config) -> Result<Vec<Check>, Failure> {
    let url = DatabaseUrl::of(&config.database)?;
    let hasher = PasswordHasher::start(&config.passwords)?;
    let mut checks = vec![Check::ok("settings", "valid")];
    if let DatabaseUrl::Sqlite(file) = &url {
        if !file.exists() {
            checks.push(database::missing(file));
            return Ok(checks);
        }
        // Before SQLite adds files of its own.
        checks.extend([files::check(file), disk::check(file)]);
    }
    let opened = connect_to_read(&url).map_err(|error| error.to_string());
    let inspected = opened.and_then(|mut conn| match Inspection::make(&mut conn) {
        Ok(inspection) => Ok((conn, inspection)),
        Err(error) => Err(error.to_string()),
    });
    let (mut conn, inspection) = match inspected {
        Ok(inspected) => inspected,
        Err(error) => {
            checks.push(database::unusable(&url, &error));
            return Ok(checks);
        }
    };
    checks.extend(database::checks(&url, &inspection));
    checks.extend(clock::check(&mut conn));
    let (migrations, is_migrated) = database::migrations(&mut conn);
    checks.push(migrations);
    if is_migrated {
        checks.push(signing_keys::check(&mut conn, &url, config));
        checks.push(sample_users::check(&mut conn, &hasher).await);
    }
    Ok(checks)
}
