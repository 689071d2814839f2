//! `auth-service init`.

use std::path::PathBuf;

use clap::Args;
use service_kit::StartError;
use shared::UnixTime;

use super::{
    open,
    output::{Failure, say},
};
use crate::{
    config::Config,
    keys::master_key,
    users::{first_users, password_hasher::PasswordHasher, password_policy::PasswordPolicy},
};

/// What to prepare beyond the database.
#[derive(Args)]
pub(super) struct Arguments {
    /// Generate a master key in this file, which only its owner can read, unless the file exists. `AUTH__MASTER_KEY_FILE`
    /// may name the same file.
    #[arg(long, value_name = "FILE")]
    make_master_key: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn make_master_key(&self) -> Result<(), StartError> {
        let Some(file) = &self.make_master_key else { return Ok(()) };
        master_key::make_if_missing(file).map(drop).map_err(|error| {
            let problem = format!("{}: {error}", file.display());
            StartError::new("--make-master-key", problem, "Choose a file in a directory that this user can write to.")
        })
    }
}

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let db = open::migrated(&config)?;
    let current = if config.keys.private_key.is_some() {
        "the configured key".to_owned()
    } else {
        let ring = open::managed_keys(db.clone(), &config)?.open().await?;
        ring.current(UnixTime::now()).map_err(Failure::refused)?.key.kid().to_owned()
    };
    let hasher = PasswordHasher::start(&config.passwords)?;
    let policy = PasswordPolicy::new(&config.passwords)?;
    first_users::make(&db, &hasher, &policy, &config).await?;
    say(format!("Ready: the schema is up to date, and {current} signs."));
    Ok(())
}
