//! Signing keys in and out of their sealed rows.

use std::{collections::HashMap, sync::Arc};

use shared::UnixTime;

use super::{
    key_ring::{KeyRing, TimedKey},
    master_key::{CannotOpen, MasterKey},
    signing_key::{self, CannotSign, SigningKey},
    store::KeyRow,
};

/// Seals and opens signing keys. Rows sealed under the previous master key open too, while there is one.
pub struct KeySafe {
    master: MasterKey,
    previous: Option<MasterKey>,
}

/// The master key does not open the row of this key.
#[derive(Debug, thiserror::Error)]
#[error("the master key does not open the signing key {0}")]
pub struct ForeignKey(pub String);

impl KeySafe {
    /// A safe under this master key.
    pub fn new(master: MasterKey, previous: Option<MasterKey>) -> Self {
        Self { master, previous }
    }

    /// A new key of that size, sealed, that is published from `now` and signs from `active_from`.
    ///
    /// # Errors
    /// [`CannotSign`] if this machine has no randomness.
    pub fn make(&self, bits: usize, now: UnixTime, active_from: UnixTime) -> Result<KeyRow, CannotSign> {
        let private_key = signing_key::generate(bits)?;
        self.seal(&private_key, now, active_from)
    }

    /// A row for a private key in PKCS #8.
    ///
    /// # Errors
    /// [`CannotSign`] if it is no RSA key of at least 2048 bits.
    pub fn seal(&self, private_key: &[u8], now: UnixTime, active_from: UnixTime) -> Result<KeyRow, CannotSign> {
        let kid = SigningKey::from_pkcs8(private_key).map_err(|_| CannotSign)?.kid().to_owned();
        let sealed_private_key = self.master.seal(&kid, private_key).map_err(|_| CannotSign)?;
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
    /// [`ForeignKey`] if neither master key opens it.
    pub fn open(&self, row: &KeyRow) -> Result<zeroize::Zeroizing<Vec<u8>>, ForeignKey> {
        let open = |master: &MasterKey| master.open(&row.kid, &row.sealed_private_key);
        open(&self.master)
            .or_else(|error| self.previous.as_ref().map_or(Err(error), open))
            .map_err(|CannotOpen| ForeignKey(row.kid.clone()))
    }

    /// The same row, sealed under the master key of today.
    ///
    /// # Errors
    /// [`ForeignKey`] if neither master key opens it.
    pub fn reseal(&self, row: &KeyRow) -> Result<String, ForeignKey> {
        let private_key = self.open(row)?;
        self.master.seal(&row.kid, &private_key).map_err(|_| ForeignKey(row.kid.clone()))
    }

    /// The ring that these rows make. Keys that `known` has are not opened again.
    ///
    /// # Errors
    /// [`ForeignKey`] if neither master key opens a row.
    pub fn ring(&self, rows: &[KeyRow], known: &KeyRing) -> Result<KeyRing, ForeignKey> {
        let known: HashMap<_, _> = known.keys().iter().map(|timed| (timed.key.kid(), &timed.key)).collect();
        let timed = rows.iter().map(|row| {
            let key = match known.get(&*row.kid) {
                Some(key) => Arc::clone(key),
                None => Arc::new(SigningKey::from_pkcs8(&self.open(row)?).map_err(|_| ForeignKey(row.kid.clone()))?),
            };
            Ok(TimedKey {
                key,
                created_at: UnixTime::from_seconds(row.created_at),
                active_from: UnixTime::from_seconds(row.active_from),
                retire_at: row.retire_at.map(UnixTime::from_seconds),
                forget_at: row.forget_at.map(UnixTime::from_seconds),
            })
        });
        timed.collect::<Result<_, _>>().map(KeyRing::new)
    }
}
