//! The keys in the database.

use std::{sync::Arc, time::Duration};

use service_kit::StartError;
use shared::UnixTime;
use tokio::task::spawn_blocking;

use super::{
    error::{KeyError, Stop},
    key_ring::KeyRing,
    key_safe::{KeySafe, id_key_name, list_key_name},
    key_tx::KeyTx,
    rotation::RotationPolicy,
    sealed::Sealed,
    store::{self, KeyRow},
    timed_key::TimedKey,
};
use crate::{
    config::Config,
    db::{Abort, Db, DbConnection, DbError, Lock},
};

/// The keys in the database, and the changes that may be made to them: each in one transaction in which no other node
/// makes any, on the keys as they are then.
#[derive(Clone)]
pub struct ManagedKeys {
    pub(super) db: Db,
    pub(super) safe: Arc<KeySafe>,
    pub(super) policy: RotationPolicy,
    pub(super) bits: usize,
    pub(super) verifier_ttl: Duration,
}

/// Clocks of nodes and verifiers may differ so much without a token outliving its key.
const SKEW: Duration = Duration::from_mins(1);

impl ManagedKeys {
    /// The keys in this database, sealed by this safe.
    pub fn new(db: Db, safe: Arc<KeySafe>, config: &Config) -> Self {
        let keys = &config.keys;
        let policy = RotationPolicy {
            rotate_every: Duration::from_secs(keys.rotate_every_secs),
            publish_ahead: Duration::from_secs(keys.publish_ahead_secs),
            keep_after: Duration::from_secs(config.tokens.access_ttl_secs.into()) + SKEW,
        };
        let verifier_ttl = Duration::from_secs(keys.verifier_ttl_secs);
        Self { db, safe, policy, bits: keys.bits, verifier_ttl }
    }

    /// The ring at startup; the first key is created if there is none.
    ///
    /// # Errors
    /// [`StartError`] if a key cannot be created or opened.
    pub async fn open(&self) -> Result<KeyRing, StartError> {
        let ring = match self.complete_ring(&KeyRing::default()).await {
            Ok(ring) if ring.keys().is_empty() => self.make_first().await,
            ring => ring,
        };
        ring.map_err(StartError::from)
    }

    /// The ring in the database; keys that `known` has are not decrypted again.
    ///
    /// # Errors
    /// [`KeyError`] if the database fails, or the master key does not open a row.
    pub async fn ring(&self, known: &KeyRing) -> Result<KeyRing, KeyError> {
        let sealed = self.db.run(Sealed::load).await?;
        let (safe, known) = (Arc::clone(&self.safe), known.clone());
        Ok(off_thread(move || sealed.ring(&safe, &known)).await??)
    }

    /// The same, once every key has a list key and an ID key: those of an earlier release, or of a node that runs one, are
    /// given theirs.
    ///
    /// # Errors
    /// [`KeyError`] as before, or if a key cannot be created.
    pub async fn complete_ring(&self, known: &KeyRing) -> Result<KeyRing, KeyError> {
        let ring = self.ring(known).await?;
        let kids = |lacks: fn(&TimedKey) -> bool| -> Vec<_> {
            ring.keys().iter().filter(|timed| lacks(timed)).map(|timed| timed.key.kid().to_owned()).collect()
        };
        let lacking_list_key = kids(|timed| timed.list_key.is_none());
        let lacking_id_key = kids(|timed| timed.id_key.is_none());
        if lacking_list_key.is_empty() && lacking_id_key.is_empty() {
            return Ok(ring);
        }
        for kid in lacking_list_key {
            let list_key = self.make_companion(list_key_name(&kid)).await?;
            self.db.write_alone(move |conn| store::add_list_key(conn, &kid, &list_key)).await?;
        }
        for kid in lacking_id_key {
            let id_key = self.make_companion(id_key_name(&kid)).await?;
            self.db.write_alone(move |conn| store::add_id_key(conn, &kid, &id_key)).await?;
        }
        self.ring(&ring).await
    }

    /// Runs a change on the keys as they are then, while no other node makes any. What takes long is done without the
    /// lock: the keys are opened before it is taken, and if the change needs a new key and there is no `fresh` one, it is
    /// created after it is released, and the change is run again.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        mut fresh: Option<KeyRow>,
        now: UnixTime,
        change: impl Fn(&Self, &mut KeyTx<'_>) -> Result<T, Abort<Stop>> + Send + Sync + 'static,
    ) -> Result<T, KeyError> {
        let known = self.ring(&KeyRing::default()).await?;
        let change = Arc::new(change);
        loop {
            let (keys, known, change, fresh_now) = (self.clone(), known.clone(), Arc::clone(&change), fresh.take());
            let in_transaction = move |conn: &mut DbConnection| {
                let ring = Sealed::load(conn)?.ring(&keys.safe, &known)?;
                change(&keys, &mut KeyTx { conn, ring: &ring, now, fresh: fresh_now.as_ref() })
            };
            match self.db.transact(Lock::AllNodes, in_transaction).await {
                Ok(done) => return Ok(done),
                Err(Stop::NeedsKey) => fresh = Some(self.make_key(now).await?),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
    }

    async fn make_first(&self) -> Result<KeyRing, KeyError> {
        let made = self.change(None, UnixTime::now(), |keys, tx| {
            // Another node may have been faster.
            if !tx.ring.keys().is_empty() {
                return Ok(tx.ring.clone());
            }
            let fresh = tx.fresh()?;
            store::insert(tx.conn, fresh)?;
            log::info!("signing key {} generated", fresh.kid);
            Ok(Sealed::load(tx.conn)?.ring(&keys.safe, tx.ring)?)
        });
        made.await
    }

    async fn make_companion(&self, name: String) -> Result<String, KeyError> {
        let (safe, bits) = (Arc::clone(&self.safe), self.bits);
        Ok(off_thread(move || safe.make_companion(&name, bits)).await??)
    }

    async fn make_key(&self, now: UnixTime) -> Result<KeyRow, KeyError> {
        let (safe, bits) = (Arc::clone(&self.safe), self.bits);
        Ok(off_thread(move || safe.make(bits, now, now)).await??)
    }
}

/// Runs slow work on a blocking thread.
pub(super) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, DbError> {
    spawn_blocking(work).await.map_err(|error| DbError::Aborted(error.to_string()))
}

#[cfg(test)]
pub mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{
        db::{DatabaseUrl, migrate},
        keys::{open_error::OpenError, private_key_pem::pkcs8_from_pem},
    };

    /// The keys of a new database in this folder, the first of them, and when it was created.
    pub async fn open(folder: &TempDir) -> (ManagedKeys, KeyRing, UnixTime) {
        let url = format!("sqlite://{}/auth.db", folder.path().display());
        let config = Config::from_environment([("AUTH__DATABASE__URL".to_owned(), url.clone())]).unwrap();
        let url: DatabaseUrl = url.parse().unwrap();
        let db = Db::connect(&url, &config.database).unwrap();
        migrate(&db).unwrap();
        let safe = KeySafe::load(&db, &url, &config).unwrap();
        let keys = ManagedKeys::new(db, Arc::new(safe), &config);
        let ring = keys.open().await.unwrap();
        let created_at = ring.keys()[0].created_at;
        (keys, ring, created_at)
    }

    #[actix_web::test]
    async fn a_stored_key_that_verifiers_would_reject_is_named() {
        let folder = TempDir::new().unwrap();
        let (keys, _, now) = open(&folder).await;
        let private_key = pkcs8_from_pem(include_str!("../../tests/api/support/small_exponent.pem")).unwrap();
        let sealed_private_key = keys.safe.seal("weak", &private_key).unwrap();
        let (kid, now) = ("weak".to_owned(), now.seconds());
        let row = KeyRow {
            kid,
            sealed_private_key,
            created_at: now,
            active_from: now,
            retire_at: None,
            forget_at: None,
            sealed_list_key: None,
            sealed_id_key: None,
        };
        keys.db.write(move |conn| store::insert(conn, &row)).await.unwrap();

        let ring = keys.ring(&KeyRing::default()).await.map(|_| ());

        assert!(matches!(&ring, Err(KeyError::Open(OpenError::Invalid(kid, _))) if kid == "weak"), "{ring:?}");
    }
}
