//! The database and the keys that commands use.

use std::{
    path::{self, Path, PathBuf},
    sync::Arc,
};

use service_kit::StartError;

use crate::{
    config::{Config, SETTINGS},
    db::{DatabaseUrl, Db, migrate},
    keys::{key_safe::KeySafe, managed_keys::ManagedKeys},
};

/// The database, its schema up to date.
pub(super) fn migrated(config: &Config) -> Result<Db, StartError> {
    let db = Db::connect(&DatabaseUrl::of(&config.database)?, &config.database)?;
    migrate(&db)?;
    Ok(db)
}

/// The database as it is. A command in the wrong folder must not create another one.
pub(super) fn connected(config: &Config) -> Result<Db, StartError> {
    let url = DatabaseUrl::of(&config.database)?;
    if let DatabaseUrl::Sqlite(file) = &url
        && !file.exists()
    {
        let setting = SETTINGS.variable("database.url");
        let problem = format!("there is no database in {}", absolute(file).display());
        let remedy = format!(
            "Run the command in the directory of the service, set {setting} to the path of its file, or create a database \
             with `auth-service init`."
        );
        return Err(StartError::new(setting, problem, remedy));
    }
    Db::connect(&url, &config.database)
}

fn absolute(file: &Path) -> PathBuf {
    path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

/// The keys in the database.
pub(super) fn managed_keys(db: Db, config: &Config) -> Result<ManagedKeys, StartError> {
    let safe = KeySafe::load(&db, &DatabaseUrl::of(&config.database)?, config)?;
    Ok(ManagedKeys::new(db, Arc::new(safe), config))
}
