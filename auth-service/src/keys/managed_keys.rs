//! The keys in the database, and the changes that may be made to them.

use std::{sync::Arc, time::Duration};

use diesel::{QueryResult, result::Error};
use service_kit::{StartError, error_chain};
use shared::UnixTime;
use tokio::task::spawn_blocking;

use super::{
    key_ring::KeyRing,
    key_safe::{KeyCreationError, KeySafe, WrongMasterKey},
    rotation::{Rotated, RotationPolicy, Withdrawn, withdraw},
    store::{self, KeyRow},
};
use crate::{
    audit::{self, actor::Actor, event::Action},
    config::{Config, SETTINGS},
    db::{Db, DbConnection, DbError},
    verifiers,
};

/// The keys in the database, and the changes that may be made to them: each in one transaction in which no other node
/// makes any, on the keys as they are then.
#[derive(Clone)]
pub struct ManagedKeys {
    pub(super) db: Db,
    pub(super) safe: Arc<KeySafe>,
    pub(super) policy: RotationPolicy,
    bits: usize,
    verifier_ttl: Duration,
}

/// Why keys could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The one key is from the settings.
    #[error("The signing key is given by AUTH__KEYS__PRIVATE_KEY, so it cannot be changed here")]
    FromSettings,
    /// The key could not be created.
    #[error("internal error")]
    Creation(#[from] KeyCreationError),
    /// The database refuses.
    #[error("internal error")]
    Db(#[from] DbError),
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

    /// The ring at start-up, the first key made if there is none. It is made before the lock is taken, since that takes
    /// long; where another node was faster, it is thrown away.
    ///
    /// # Errors
    /// [`StartError`] if a key cannot be made or opened.
    pub async fn open(&self) -> Result<KeyRing, StartError> {
        let ring = self.ring(&KeyRing::default()).await;
        if ring.as_ref().is_ok_and(|ring| !ring.keys().is_empty()) {
            return ring.map_err(cannot_open);
        }
        let ring = match ring {
            Ok(_) => self.make_first().await,
            Err(error) => Err(error.into()),
        };
        ring.map_err(cannot_open)
    }

    /// The ring as the database has it; keys that `known` has are not opened again.
    ///
    /// # Errors
    /// [`DbError`] if the database does not tell, or the master key opens a row no more.
    pub async fn ring(&self, known: &KeyRing) -> Result<KeyRing, DbError> {
        let (safe, known) = (Arc::clone(&self.safe), known.clone());
        self.db.run(move |conn| load(conn, &safe, &known)).await
    }

    /// Whether it is time to publish a next key.
    pub fn is_rotation_due(&self, ring: &KeyRing, now: UnixTime) -> bool {
        self.policy.is_due(ring, now)
    }

    /// Publishes a next key, unless another node has done so.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn rotate_if_due(&self, now: UnixTime) -> Result<Option<Rotated>, KeyError> {
        let fresh = self.make_key(now).await?;
        self.change(move |keys, conn, ring| {
            if !keys.policy.is_due(ring, now) {
                return Ok(None);
            }
            keys.policy.publish(conn, ring, &fresh, now.plus(keys.policy.publish_ahead), now).map(Some)
        })
        .await
    }

    /// Publishes a next key, or activates the one that is published. `force` does both at once, whoever
    /// lacks the key.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn rotate(&self, force: bool, by: Actor, now: UnixTime) -> Result<Rotated, KeyError> {
        let fresh = self.make_key(now).await?;
        let ahead = if force { Duration::ZERO } else { self.policy.publish_ahead };
        self.change(move |keys, conn, ring| {
            let rotated = match ring.next(now) {
                Some(_) => keys.activate_next(conn, ring, force, now),
                None => keys.policy.publish(conn, ring, &fresh, now.plus(ahead), now),
            };
            note(conn, &by, rotated?, now)
        })
        .await
    }

    /// Activates the next key, unless a live verifier lacks it; `force` overrides that.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn activate(&self, force: bool, by: Actor, now: UnixTime) -> Result<Rotated, KeyError> {
        self.change(move |keys, conn, ring| {
            let rotated = keys.activate_next(conn, ring, force, now)?;
            note(conn, &by, rotated, now)
        })
        .await
    }

    /// Takes a key out of the set at once, and has another sign if it was the current one.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn withdraw(&self, kid: String, by: Actor, now: UnixTime) -> Result<Withdrawn, KeyError> {
        let fresh = self.make_key(now).await?;
        let withdrawn = self.change({
            let kid = kid.clone();
            move |_, conn, ring| {
                let withdrawn = withdraw(conn, ring, &kid, &fresh, now)?;
                if matches!(withdrawn, Withdrawn::Done { .. }) {
                    audit::store::insert(conn, &by.did(Action::KeyWithdrawn, kid), now)?;
                }
                Ok(withdrawn)
            }
        });
        let withdrawn = withdrawn.await?;
        if let Withdrawn::Done { current } = &withdrawn {
            log::warn!("signing key {kid} is withdrawn; {current} signs");
        }
        Ok(withdrawn)
    }

    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Self, &mut DbConnection, &KeyRing) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, KeyError> {
        let keys = self.clone();
        let changed = self.db.write_alone(move |conn| {
            let ring = load(conn, &keys.safe, &KeyRing::default())?;
            change(&keys, conn, &ring)
        });
        Ok(changed.await?)
    }

    async fn make_first(&self) -> Result<KeyRing, KeyError> {
        let now = UnixTime::now();
        let fresh = self.make_key(now).await?;
        let made = self.change(move |keys, conn, ring| {
            if !ring.keys().is_empty() {
                return Ok(ring.clone());
            }
            store::insert(conn, &fresh)?;
            log::info!("signing key {} made", fresh.kid);
            load(conn, &keys.safe, ring)
        });
        made.await
    }

    /// Making a key takes long, so it is made before any lock is taken.
    async fn make_key(&self, now: UnixTime) -> Result<KeyRow, KeyError> {
        let (safe, bits) = (Arc::clone(&self.safe), self.bits);
        let made = spawn_blocking(move || safe.make(bits, now, now)).await;
        Ok(made.map_err(|error| DbError::Aborted(error.to_string()))??)
    }

    fn activate_next(
        &self,
        conn: &mut DbConnection,
        ring: &KeyRing,
        force: bool,
        now: UnixTime,
    ) -> QueryResult<Rotated> {
        let Some(next) = ring.next(now) else { return Ok(Rotated::NothingNext) };
        let kid = next.key.kid().to_owned();
        let live = verifiers::store::live(conn, now.minus(self.verifier_ttl))?;
        let lacking = live.into_iter().filter(|verifier| !ring.is_in_set(&kid, &verifier.etag, now));
        let lacking: Vec<_> = lacking.map(|verifier| verifier.instance).collect();
        if !force && !lacking.is_empty() {
            return Ok(Rotated::Refused { kid, lacking });
        }
        self.policy.activate(conn, ring, now)
    }
}

/// Tells the audit log what was done, if anything was.
pub(super) fn note(conn: &mut DbConnection, by: &Actor, rotated: Rotated, now: UnixTime) -> QueryResult<Rotated> {
    let event = match &rotated {
        Rotated::Published { kid, .. } => by.did(Action::KeyPublished, kid),
        Rotated::Activated { kid } => by.did(Action::KeyActivated, kid),
        _ => return Ok(rotated),
    };
    audit::store::insert(conn, &event, now)?;
    Ok(rotated)
}

fn load(conn: &mut DbConnection, safe: &KeySafe, known: &KeyRing) -> QueryResult<KeyRing> {
    safe.ring(&store::all(conn)?, known).map_err(foreign)
}

pub(super) fn foreign(error: WrongMasterKey) -> Error {
    Error::DeserializationError(Box::new(error))
}

/// Tells a master key that is not the right one from a database that fails.
pub fn cannot_open(error: impl Into<KeyError>) -> StartError {
    match error.into() {
        KeyError::Db(DbError::Query(Error::DeserializationError(foreign))) => {
            let remedy = "Give the master key that it was sealed under.";
            StartError::new(SETTINGS.variable("master_key"), foreign.to_string(), remedy)
        }
        error => {
            let problem = format!("failed to load the keys: {}", error_chain(&error));
            StartError::new(SETTINGS.variable("database.url"), problem, "Check the database.")
        }
    }
}
