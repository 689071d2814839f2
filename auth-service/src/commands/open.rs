//! The database and the keys that commands use.

use std::sync::Arc;

use service_kit::StartError;

use crate::{
    config::Config,
    db::{DatabaseUrl, Db, migrate},
    keys::{key_safe::KeySafe, managed_keys::ManagedKeys},
};

/// The database, its schema up to date.
pub(super) fn migrated(config: &Config) -> Result<Db, StartError> {
    let db = connected(config)?;
    migrate(&db)?;
    Ok(db)
}

/// The database as it is.
pub(super) fn connected(config: &Config) -> Result<Db, StartError> {
    Db::connect(&DatabaseUrl::of(&config.database)?, &config.database)
}

/// The keys in the database.
pub(super) fn managed_keys(db: Db, config: &Config) -> Result<ManagedKeys, StartError> {
    let safe = KeySafe::load(&db, &DatabaseUrl::of(&config.database)?, config)?;
    Ok(ManagedKeys::new(db, Arc::new(safe), config))
}
