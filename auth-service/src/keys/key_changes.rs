//! The changes that may be made to the keys.

use std::time::Duration;

use diesel::QueryResult;
use shared::UnixTime;

use super::{
    error::KeyError,
    key_ring::KeyRing,
    key_tx::KeyTx,
    managed_keys::ManagedKeys,
    rotation::{Rotated, Withdrawn, withdraw},
};
use crate::{
    audit::{actor::Actor, event::Action},
    authority::authority::Authority,
    verifiers,
};

impl ManagedKeys {
    /// Whether a next key is due.
    pub fn is_rotation_due(&self, ring: &KeyRing, now: UnixTime) -> bool {
        self.policy.is_due(ring, now)
    }

    /// Publishes a next key, unless another node has done so.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn rotate_if_due(&self, now: UnixTime) -> Result<Option<Rotated>, KeyError> {
        self.change(None, now, move |keys, tx| {
            if !keys.policy.is_due(tx.ring, now) {
                return Ok(None);
            }
            keys.policy.publish(tx, now.plus(keys.policy.publish_ahead)).map(Some)
        })
        .await
    }

    /// Publishes a next key, or activates the one that is published. `force` does both
    /// immediately, even if verifiers lack the key.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn rotate(&self, force: bool, by: Authority, now: UnixTime) -> Result<Rotated, KeyError> {
        let ahead = if force { Duration::ZERO } else { self.policy.publish_ahead };
        self.change(None, now, move |keys, tx| {
            let by = by.confirm(tx.conn, now)?;
            let rotated = match tx.ring.next(now) {
                Some(_) => keys.activate_next(tx, force)?,
                None => keys.policy.publish(tx, now.plus(ahead))?,
            };
            Ok(note(tx, &by, rotated)?)
        })
        .await
    }

    /// Activates the next key, unless a live verifier lacks it; `force` overrides that.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn activate(&self, force: bool, by: Authority, now: UnixTime) -> Result<Rotated, KeyError> {
        self.change(None, now, move |keys, tx| {
            let by = by.confirm(tx.conn, now)?;
            let rotated = keys.activate_next(tx, force)?;
            Ok(note(tx, &by, rotated)?)
        })
        .await
    }

    /// Removes a key from the JWKS immediately, and activates another one if it was the current one.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn withdraw(&self, kid: String, by: Authority, now: UnixTime) -> Result<Withdrawn, KeyError> {
        let withdrawn = self.change(None, now, {
            let kid = kid.clone();
            move |_, tx| {
                let by = by.confirm(tx.conn, now)?;
                let withdrawn = withdraw(tx, &kid)?;
                if matches!(withdrawn, Withdrawn::Done { .. }) {
                    tx.audit(&by.did(Action::KeyWithdrawn, &kid))?;
                }
                Ok(withdrawn)
            }
        });
        let withdrawn = withdrawn.await?;
        if let Withdrawn::Done { current } = &withdrawn {
            log::warn!("signing key {kid} withdrawn; {current} signs now");
        }
        Ok(withdrawn)
    }

    fn activate_next(&self, tx: &mut KeyTx<'_>, force: bool) -> QueryResult<Rotated> {
        let (ring, now) = (tx.ring, tx.now);
        let Some(next) = ring.next(now) else { return Ok(Rotated::NothingNext) };
        let kid = next.key.kid().to_owned();
        let live = verifiers::store::live(tx.conn, now.minus(self.verifier_ttl))?;
        let lacking = live.into_iter().filter(|verifier| !ring.is_in_set(&kid, &verifier.etag, now));
        let lacking: Vec<_> = lacking.map(|verifier| verifier.instance).collect();
        if !force && !lacking.is_empty() {
            return Ok(Rotated::Refused { kid, lacking });
        }
        self.policy.activate(tx)
    }
}

/// Records the change in the audit log, if there was one.
pub(super) fn note(tx: &mut KeyTx<'_>, by: &Actor, rotated: Rotated) -> QueryResult<Rotated> {
    let event = match &rotated {
        Rotated::Published { kid, .. } => by.did(Action::KeyPublished, kid),
        Rotated::Activated { kid } => by.did(Action::KeyActivated, kid),
        _ => return Ok(rotated),
    };
    tx.audit(&event)?;
    Ok(rotated)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::{super::managed_keys::tests::open, *};
    use crate::{keys::key_ring::Stage, verifiers::store::VerifierRow};

    /// The same, where creating a key fails.
    fn without_generator(keys: &ManagedKeys) -> ManagedKeys {
        ManagedKeys { bits: 0, ..keys.clone() }
    }

    #[actix_web::test]
    async fn keys_created_within_a_second_still_follow_one_another() {
        let folder = TempDir::new().unwrap();
        let (keys, _, now) = open(&folder).await;

        let mut rotations = Vec::new();
        for _ in 0..6 {
            rotations.push(keys.rotate(true, Authority::operator(), now).await.unwrap());
        }

        let ring = keys.ring(&KeyRing::default()).await.unwrap();
        let later = now.plus(Duration::from_mins(1));
        let without_end: Vec<_> = ring.keys().iter().filter(|timed| timed.forget_at.is_none()).collect();
        let [last] = without_end[..] else { panic!("{} keys without an end", without_end.len()) };
        assert_eq!(ring.stage(last, later), Stage::Current, "{rotations:?}");
    }

    #[actix_web::test]
    async fn a_change_that_needs_no_new_key_creates_none() {
        let folder = TempDir::new().unwrap();
        let (keys, _, now) = open(&folder).await;
        let keys = without_generator(&keys);

        let due = keys.rotate_if_due(now).await.unwrap();
        let withdrawn = keys.withdraw("unknown".to_owned(), Authority::operator(), now).await.unwrap();
        let activated = keys.activate(true, Authority::operator(), now).await.unwrap();
        let rotated = keys.rotate(false, Authority::operator(), now).await;

        assert_eq!((due, withdrawn, activated), (None, Withdrawn::NoSuchKey, Rotated::NothingNext));
        assert!(matches!(rotated, Err(KeyError::Creation(_))), "{rotated:?}");
    }

    #[actix_web::test]
    async fn a_rotation_that_is_refused_creates_no_key() {
        let folder = TempDir::new().unwrap();
        let (keys, _, now) = open(&folder).await;
        keys.rotate(false, Authority::operator(), now).await.unwrap();
        let lacking = VerifierRow { instance: "replica-1".to_owned(), etag: String::new(), seen_at: now };
        keys.db.write(move |conn| verifiers::store::record(conn, &[lacking], UnixTime::from_seconds(0))).await.unwrap();

        let refused = without_generator(&keys).rotate(false, Authority::operator(), now).await.unwrap();

        assert!(matches!(refused, Rotated::Refused { .. }), "{refused:?}");
    }

    #[actix_web::test]
    async fn a_change_that_fails_for_want_of_a_key_leaves_the_keys_as_they_were() {
        let folder = TempDir::new().unwrap();
        let (keys, ring, now) = open(&folder).await;
        let current = ring.keys()[0].key.kid().to_owned();

        let withdrawn = without_generator(&keys).withdraw(current.clone(), Authority::operator(), now).await;

        assert!(matches!(withdrawn, Err(KeyError::Creation(_))), "{withdrawn:?}");
        assert!(keys.ring(&KeyRing::default()).await.unwrap().is_published(&current, now));
    }
}
