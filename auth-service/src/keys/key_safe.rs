//! Sealed signing keys.

use diesel::result::Error as DieselError;
use service_kit::StartError;
use shared::UnixTime;
use zeroize::Zeroizing;

use super::{
    master_key::{MasterKey, SealError, UnsealError},
    secret_store,
    signing_key::{self, InvalidSigningKey, KeyGenerationError, SigningKey},
    store::{self, KeyRow},
};
use crate::{
    config::{Config, SETTINGS},
    db::{DatabaseUrl, Db, DbError},
};

/// Encrypts and decrypts signing keys, also those encrypted under the previous master key, if one is set.
pub struct KeySafe {
    master: MasterKey,
    previous: Option<MasterKey>,
}

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
        // Only if a master key might be generated.
        let is_sealed = match (&config.master_key, url) {
            (None, DatabaseUrl::Sqlite(_)) => holds_sealed(db).map_err(|error| {
                let problem = format!("cannot determine whether the database contains encrypted keys: {error}");
                StartError::new(SETTINGS.variable("database.url"), problem, "Check the database.")
            })?,
            _ => false,
        };
        Self::of(url, config, is_sealed)
    }

    /// The safe of a database that contains encrypted keys. It generates no master key.
    ///
    /// # Errors
    /// [`StartError`] for a master key that is invalid or missing.
    pub fn of_sealed(url: &DatabaseUrl, config: &Config) -> Result<Self, StartError> {
        Self::of(url, config, true)
    }

    fn of(url: &DatabaseUrl, config: &Config, is_sealed: bool) -> Result<Self, StartError> {
        let previous = config.previous_master_key.as_ref();
        let previous = previous.map(|key| MasterKey::from_setting(key, "previous_master_key")).transpose()?;
        let master = MasterKey::load(config.master_key.as_ref(), url, is_sealed)?;
        Ok(Self { master, previous })
    }

    /// A new key of that size with its list key and its ID key, sealed, that is published from `now` and signs from `active_from`.
    ///
    /// # Errors
    /// [`KeyCreationError`] if the system provides no randomness.
    pub fn make(&self, bits: usize, now: UnixTime, active_from: UnixTime) -> Result<KeyRow, KeyCreationError> {
        let private_key = signing_key::generate(bits)?;
        self.seal_key(&private_key, bits, now, active_from)
    }

    /// A row for a private key in PKCS #8, with a new list key and a new ID key of that size.
    ///
    /// # Errors
    /// [`KeyCreationError`] if it is not an RSA key of at least 2048 bits.
    pub fn seal_key(
        &self,
        private_key: &[u8],
        bits: usize,
        now: UnixTime,
        active_from: UnixTime,
    ) -> Result<KeyRow, KeyCreationError> {
        let kid = SigningKey::from_pkcs8(private_key)?.kid().to_owned();
        let sealed_private_key = self.seal(&kid, private_key)?;
        let sealed_list_key = Some(self.make_companion(&list_key_name(&kid), bits)?);
        let sealed_id_key = Some(self.make_companion(&id_key_name(&kid), bits)?);
        Ok(KeyRow {
            kid,
            sealed_private_key,
            created_at: now.seconds(),
            active_from: active_from.seconds(),
            retire_at: None,
            forget_at: None,
            sealed_list_key,
            sealed_id_key,
        })
    }

    /// A new key of that size that accompanies another, sealed under that name.
    ///
    /// # Errors
    /// [`KeyCreationError`] if the system provides no randomness.
    pub fn make_companion(&self, name: &str, bits: usize) -> Result<String, KeyCreationError> {
        Ok(self.seal(name, &signing_key::generate(bits)?)?)
    }

    /// Seals bytes under a name.
    ///
    /// # Errors
    /// [`SealError`] if the system provides no randomness.
    pub fn seal(&self, name: &str, bytes: &[u8]) -> Result<String, SealError> {
        self.master.seal(name, bytes)
    }

    /// Decrypts what was encrypted under this name.
    ///
    /// # Errors
    /// [`UnsealError`] if neither master key opens it.
    pub fn open(&self, name: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let open = |master: &MasterKey| master.open(name, sealed);
        open(&self.master).or_else(|error| self.previous.as_ref().map_or(Err(error), open))
    }
}

/// The name that the list key of the key `kid` is sealed under. No key id has a slash.
pub fn list_key_name(kid: &str) -> String {
    format!("{kid}/status-list")
}

/// The name that its ID key is sealed under.
pub fn id_key_name(kid: &str) -> String {
    format!("{kid}/id-token")
}

/// Whether a SQLite database contains encrypted keys. A table that does not exist yet means no. Any other error must not: a
/// new master key would be generated although keys are encrypted under a lost one.
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
