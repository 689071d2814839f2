//! The encrypted keys and secrets in the database.

use std::{collections::HashMap, sync::Arc};

use diesel::QueryResult;
use shared::UnixTime;
use zeroize::Zeroizing;

use super::{
    error::KeyError,
    key_ring::KeyRing,
    key_safe::{KeyCreationError, KeySafe, id_key_name, list_key_name},
    master_key::UnsealError,
    open_error::OpenError,
    secret_store,
    signing_key::SigningKey,
    store::{self, KeyRow},
    timed_key::TimedKey,
};
use crate::db::DbConnection;

/// The encrypted keys and secrets in the database. They are decrypted together, to distinguish a wrong master key, which
/// decrypts none, from a damaged row.
pub struct Sealed {
    /// Signing keys.
    pub keys: Vec<KeyRow>,
    /// Other secrets: names and ciphertexts.
    pub secrets: Vec<(String, String)>,
}

impl Sealed {
    /// Reads all of it.
    pub fn load(conn: &mut DbConnection) -> QueryResult<Self> {
        Ok(Self { keys: store::all(conn)?, secrets: secret_store::all(conn)? })
    }

    /// The key ring. Keys that `known` has are not decrypted again.
    ///
    /// # Errors
    /// [`OpenError`] for a wrong master key or a damaged row.
    pub fn ring(&self, safe: &KeySafe, known: &KeyRing) -> Result<KeyRing, OpenError> {
        let opened: HashMap<_, _> = known.keys().iter().map(|timed| (timed.key.kid(), timed)).collect();
        let timed = self.keys.iter().map(|row| {
            let opened = opened.get(&*row.kid);
            let key = match opened {
                Some(timed) => Arc::clone(&timed.key),
                None => self.signing_key(safe, &row.kid, &row.sealed_private_key)?,
            };
            let known = opened.and_then(|timed| timed.list_key.clone());
            let list_key = self.companion(safe, &list_key_name(&row.kid), row.sealed_list_key.as_deref(), known)?;
            let known = opened.and_then(|timed| timed.id_key.clone());
            let id_key = self.companion(safe, &id_key_name(&row.kid), row.sealed_id_key.as_deref(), known)?;
            Ok(TimedKey {
                key,
                list_key,
                id_key,
                created_at: UnixTime::from_seconds(row.created_at),
                active_from: UnixTime::from_seconds(row.active_from),
                retire_at: row.retire_at.map(UnixTime::from_seconds),
                forget_at: row.forget_at.map(UnixTime::from_seconds),
            })
        });
        Ok(known.with(timed.collect::<Result<_, _>>()?))
    }

    /// How many keys and secrets there are, all of which can be decrypted.
    ///
    /// # Errors
    /// [`OpenError`] for a wrong master key or a damaged row.
    pub fn check(&self, safe: &KeySafe) -> Result<usize, OpenError> {
        let ring = self.ring(safe, &KeyRing::default())?;
        for (name, sealed) in &self.secrets {
            self.open(safe, name, sealed)?;
        }
        Ok(ring.keys().len() + self.secrets.len())
    }

    /// The private key of that id, in PKCS #8; `None` if there is no such key.
    ///
    /// # Errors
    /// [`OpenError`] for a wrong master key or a damaged row.
    pub fn private_key(&self, safe: &KeySafe, kid: &str) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
        let row = self.keys.iter().find(|row| row.kid == kid);
        row.map(|row| self.open(safe, kid, &row.sealed_private_key)).transpose()
    }

    /// The secret of that name; `None` if there is none.
    ///
    /// # Errors
    /// [`OpenError`] for a wrong master key or a damaged row.
    pub fn secret(&self, safe: &KeySafe, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
        let secret = self.secrets.iter().find(|(known, _)| known == name);
        secret.map(|(_, sealed)| self.open(safe, name, sealed)).transpose()
    }

    /// One of these, sealed under the current master key.
    ///
    /// # Errors
    /// [`KeyError`] if it cannot be opened or sealed.
    pub fn reseal(&self, safe: &KeySafe, name: &str, sealed: &str) -> Result<String, KeyError> {
        let plain = self.open(safe, name, sealed)?;
        Ok(safe.seal(name, &plain).map_err(KeyCreationError::from)?)
    }

    /// A key that accompanies another. It is not decrypted again if it is known.
    fn companion(
        &self,
        safe: &KeySafe,
        name: &str,
        sealed: Option<&str>,
        known: Option<Arc<SigningKey>>,
    ) -> Result<Option<Arc<SigningKey>>, OpenError> {
        match (sealed, known) {
            (None, _) => Ok(None),
            (Some(_), Some(known)) => Ok(Some(known)),
            (Some(sealed), None) => self.signing_key(safe, name, sealed).map(Some),
        }
    }

    fn signing_key(&self, safe: &KeySafe, name: &str, sealed: &str) -> Result<Arc<SigningKey>, OpenError> {
        let private_key = self.open(safe, name, sealed)?;
        let key = SigningKey::from_pkcs8(&private_key).map_err(|error| OpenError::Invalid(name.to_owned(), error))?;
        Ok(Arc::new(key))
    }

    fn open(&self, safe: &KeySafe, name: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        safe.open(name, sealed).map_err(|error| {
            if error == UnsealError::Malformed || self.has_one_that_opens(safe) {
                OpenError::Damaged(name.to_owned())
            } else {
                OpenError::WrongMasterKey(name.to_owned())
            }
        })
    }

    fn has_one_that_opens(&self, safe: &KeySafe) -> bool {
        let opens = |name: &str, sealed: &str| safe.open(name, sealed).is_ok();
        self.keys.iter().any(|row| {
            let (list_key, id_key) = (row.sealed_list_key.as_ref(), row.sealed_id_key.as_ref());
            opens(&row.kid, &row.sealed_private_key)
                || list_key.is_some_and(|sealed| opens(&list_key_name(&row.kid), sealed))
                || id_key.is_some_and(|sealed| opens(&id_key_name(&row.kid), sealed))
        }) || self.secrets.iter().any(|(name, sealed)| opens(name, sealed))
    }
}
