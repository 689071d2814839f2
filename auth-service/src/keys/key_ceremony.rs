//! Import, export and re-encryption of private keys.

use std::sync::Arc;

use shared::UnixTime;
use zeroize::Zeroizing;

use super::{
    error::KeyError,
    key_changes::note,
    key_safe::{id_key_name, list_key_name},
    managed_keys::{ManagedKeys, off_thread},
    rotation::Rotated,
    sealed::Sealed,
    secret_store,
    store::{self, KeyRow},
};
use crate::audit::{actor::Actor, event::Action};

impl ManagedKeys {
    /// Imports a private key (PKCS #8) and publishes it as the next key, with a list key and an ID key generated
    /// here.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn import(&self, private_key: &[u8], by: Actor, now: UnixTime) -> Result<Rotated, KeyError> {
        let (safe, bits, private_key) = (Arc::clone(&self.safe), self.bits, Zeroizing::new(private_key.to_vec()));
        let fresh = off_thread(move || safe.seal_key(&private_key, bits, now, now)).await??;
        let kid = fresh.kid.clone();
        self.change(Some(fresh), now, move |keys, tx| {
            let rotated = match tx.ring.next(now) {
                Some(next) => Rotated::NextExists { kid: next.key.kid().to_owned() },
                None if tx.ring.keys().iter().any(|timed| timed.key.kid() == kid) => {
                    Rotated::Known { kid: kid.clone() }
                }
                None => keys.policy.publish(tx, now.plus(keys.policy.publish_ahead))?,
            };
            Ok(note(tx, &by, rotated)?)
        })
        .await
    }

    /// The private key of that id, in PKCS #8; `None` if there is no such key.
    ///
    /// # Errors
    /// [`KeyError`] if the database fails.
    pub async fn export(&self, kid: String, by: Actor, now: UnixTime) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        self.change(None, now, move |keys, tx| {
            let private_key = Sealed::load(tx.conn)?.private_key(&keys.safe, &kid)?;
            if private_key.is_some() {
                tx.audit(&by.did(Action::KeyExported, &kid))?;
            }
            Ok(private_key)
        })
        .await
    }

    /// Re-encrypts every key under the current master key, and returns their number.
    ///
    /// # Errors
    /// [`KeyError`]; the rows are then as before.
    pub async fn rewrap(&self, by: Actor, now: UnixTime) -> Result<usize, KeyError> {
        self.change(None, now, move |keys, tx| {
            let sealed = Sealed::load(tx.conn)?;
            let reseal = |name: &str, key: &str| sealed.reseal(&keys.safe, name, key);
            for KeyRow { kid, sealed_private_key, sealed_list_key, sealed_id_key, .. } in &sealed.keys {
                let private_key = reseal(kid, sealed_private_key)?;
                let list_key = sealed_list_key.as_ref().map(|key| reseal(&list_key_name(kid), key)).transpose()?;
                let id_key = sealed_id_key.as_ref().map(|key| reseal(&id_key_name(kid), key)).transpose()?;
                store::reseal(tx.conn, kid, &private_key, list_key.as_deref(), id_key.as_deref())?;
            }
            for (name, secret) in &sealed.secrets {
                secret_store::reseal(tx.conn, name, &reseal(name, secret)?)?;
            }
            let count = sealed.keys.len() + sealed.secrets.len();
            let rewrapped = by.did(Action::KeysRewrapped, "master_key");
            tx.audit(&rewrapped.with_detail(format!("keys: {count}")))?;
            Ok(count)
        })
        .await
    }
}
