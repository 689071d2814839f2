//! Sealed signing keys.

use std::{collections::HashMap, sync::Arc};

use diesel::result::Error as DieselError;
use service_kit::StartError;
use shared::UnixTime;
use zeroize::Zeroizing;

use super::{
    key_ring::KeyRing,
    master_key::{MasterKey, SealError, UnsealError},
    secret_store,
    signing_key::{self, InvalidSigningKey, KeyGenerationError, SigningKey},
    store::{self, KeyRow},
    timed_key::TimedKey,
};
use crate::{
    config::{Config, SETTINGS},
    db::{DatabaseUrl, Db, DbError},
};

/// Seals and opens signing keys. Rows sealed under the previous master key open too, while there is one.
pub struct KeySafe {
    master: MasterKey,
    previous: Option<MasterKey>,
}

/// The master key does not open what is sealed under this name.
#[derive(Debug, thiserror::Error)]
#[error("the master key does not open the key {0}")]
pub struct WrongMasterKey(pub String);

/// Why a key could not be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyCreationError {
    /// It could not be generated.
    #[error(transparent)]
    Generation(#[from] KeyGenerationError),
    /// It is not a valid signing key.
    #[error(transparent)]
    Invalid(#[from] InvalidSigningKey),
    /// It could not be encrypted.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl KeySafe {
    /// The safe of this database, under the master key of the settings.
    ///
    /// # Errors
    /// [`StartError`] for an invalid master key.
    pub fn load(db: &Db, url: &DatabaseUrl, config: &Config) -> Result<Self, StartError> {
        let previous = config.previous_master_key.as_ref();
        let previous = previous.map(|key| MasterKey::from_setting(key, "previous_master_key")).transpose()?;
        // Only where a master key might be made.
        let is_sealed = match (&config.master_key, url) {
            (None, DatabaseUrl::Sqlite(_)) => holds_sealed(db).map_err(|error| {
                let problem = format!("cannot tell whether the database holds sealed keys: {error}");
                StartError::new(SETTINGS.variable("database.url"), problem, "Check the database.")
            })?,
            _ => false,
        };
        let master = MasterKey::load(config.master_key.as_ref(), url, is_sealed)?;
        Ok(Self { master, previous })
    }

    /// A new key of that size, sealed, that is published from `now` and signs from `active_from`.
    ///
    /// # Errors
    /// [`KeyCreationError`] if the system provides no randomness.
    pub fn make(&self, bits: usize, now: UnixTime, active_from: UnixTime) -> Result<KeyRow, KeyCreationError> {
        let private_key = signing_key::generate(bits)?;
        self.seal(&private_key, now, active_from)
    }

    /// A row for a private key in PKCS #8.
    ///
    /// # Errors
    /// [`KeyCreationError`] if it is not an RSA key of at least 2048 bits.
    pub fn seal(&self, private_key: &[u8], now: UnixTime, active_from: UnixTime) -> Result<KeyRow, KeyCreationError> {
        let kid = SigningKey::from_pkcs8(private_key)?.kid().to_owned();
        let sealed_private_key = self.seal_bytes(&kid, private_key)?;
        Ok(KeyRow {
            kid,
            sealed_private_key,
            created_at: now.seconds(),
            active_from: active_from.seconds(),
            retire_at: None,
            forget_at: None,
        })
    }

    /// The private key of a row, in PKCS #8.
    ///
    /// # Errors
    /// [`WrongMasterKey`] if neither master key opens it.
    pub fn open(&self, row: &KeyRow) -> Result<Zeroizing<Vec<u8>>, WrongMasterKey> {
        self.open_bytes(&row.kid, &row.sealed_private_key)
    }

    /// Seals bytes under a name.
    ///
    /// # Errors
    /// [`SealError`] if the system provides no randomness.
    pub fn seal_bytes(&self, name: &str, bytes: &[u8]) -> Result<String, SealError> {
        self.master.seal(name, bytes)
    }

    /// Opens what was sealed under this name.
    ///
    /// # Errors
    /// [`WrongMasterKey`] if neither master key opens it.
    pub fn open_bytes(&self, name: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, WrongMasterKey> {
        let open = |master: &MasterKey| master.open(name, sealed);
        open(&self.master)
            .or_else(|error| self.previous.as_ref().map_or(Err(error), open))
            .map_err(|UnsealError| WrongMasterKey(name.to_owned()))
    }

    /// The same bytes, sealed under the current master key.
    ///
    /// # Errors
    /// [`WrongMasterKey`] if neither master key opens them.
    pub fn reseal(&self, name: &str, sealed: &str) -> Result<String, WrongMasterKey> {
        let bytes = self.open_bytes(name, sealed)?;
        self.seal_bytes(name, &bytes).map_err(|_| WrongMasterKey(name.to_owned()))
    }

    /// The ring that these rows make. Keys that `known` has are not opened again.
    ///
    /// # Errors
    /// [`WrongMasterKey`] if neither master key opens a row.
    pub fn ring(&self, rows: &[KeyRow], known: &KeyRing) -> Result<KeyRing, WrongMasterKey> {
        let opened: HashMap<_, _> = known.keys().iter().map(|timed| (timed.key.kid(), &timed.key)).collect();
        let timed = rows.iter().map(|row| {
            let key = match opened.get(&*row.kid) {
                Some(key) => Arc::clone(key),
                None => {
                    Arc::new(SigningKey::from_pkcs8(&self.open(row)?).map_err(|_| WrongMasterKey(row.kid.clone()))?)
                }
            };
            Ok(TimedKey {
                key,
                created_at: UnixTime::from_seconds(row.created_at),
                active_from: UnixTime::from_seconds(row.active_from),
                retire_at: row.retire_at.map(UnixTime::from_seconds),
                forget_at: row.forget_at.map(UnixTime::from_seconds),
            })
        });
        Ok(known.with(timed.collect::<Result<_, _>>()?))
    }
}

/// Whether a SQLite database holds anything that is sealed. Of all failures only a table that has not been created yet
/// means no. Treating any other as a no would create a new master key beside keys that are sealed under a lost one.
fn holds_sealed(db: &Db) -> Result<bool, DbError> {
    let found =
        db.run_here::<_, DieselError>(|conn| Ok(!store::all(conn)?.is_empty() || !secret_store::all(conn)?.is_empty()));
    match found {
        Err(DbError::Query(DieselError::DatabaseError(_, info))) if info.message().starts_with("no such table: ") => {
            Ok(false)
        }
        found => found,
    }
}
