//! Key changes, each in one transaction that excludes other nodes.
//!
//! A key is published before it signs and after it has signed. Both follow from its times, so a change is a row or two,
//! and a node that dies half-way leaves the times as they were: there is never more than one current key, and never none.

use std::{fmt, time::Duration};

use diesel::QueryResult;
use shared::{UnixTime, keys::KeySet};

use super::{
    error::Stop,
    key_ring::KeyRing,
    key_tx::KeyTx,
    store::{self, KeyRow},
};
use crate::db::Abort;

/// When keys change.
#[derive(Clone, Copy, Debug)]
pub struct RotationPolicy {
    /// How long a key signs.
    pub rotate_every: Duration,
    /// How long a key is published before it signs.
    pub publish_ahead: Duration,
    /// How long a key is published after it has signed its last token: the life of a token and some skew.
    pub keep_after: Duration,
}

/// The result of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// A next key is published.
    Published {
        /// Its key id.
        kid: String,
        /// When it begins to sign.
        active_from: UnixTime,
    },
    /// The next key signs now.
    Activated {
        /// Its key id.
        kid: String,
    },
    /// These live verifiers lack the next key, so nothing was changed.
    Refused {
        /// Its key id.
        kid: String,
        /// Their instance names.
        lacking: Vec<String>,
    },
    /// There is already a next key, so nothing was changed.
    NextExists {
        /// Its key id.
        kid: String,
    },
    /// The key already exists or was withdrawn, so nothing was changed.
    Known {
        /// Its key id.
        kid: String,
    },
    /// The maximum number of keys is published, so nothing was changed.
    TooManyKeys,
    /// There is no next key to activate.
    NothingNext,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published { kid, active_from } => {
                write!(f, "published key {kid}, which signs from {}", active_from.seconds())
            }
            Self::Activated { kid } => write!(f, "activated key {kid}"),
            Self::Refused { kid, lacking } => write!(f, "verifiers lack key {kid}: {}", lacking.join(", ")),
            Self::NextExists { kid } => write!(f, "key {kid} is already the next key"),
            Self::Known { kid } => write!(f, "key {kid} already exists"),
            Self::TooManyKeys => f.write_str("too many published keys"),
            Self::NothingNext => f.write_str("no next key"),
        }
    }
}

/// The result of a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// The key is no longer published; this one signs now.
    Done {
        /// The current key's id.
        current: String,
    },
    /// No such key is published.
    NoSuchKey,
}

/// How long keys are kept after they were last published, to identify the key sets of verifiers.
const REMEMBER: Duration = Duration::from_hours(24);

impl RotationPolicy {
    /// Whether a next key is due.
    pub fn is_due(&self, ring: &KeyRing, now: UnixTime) -> bool {
        let retires_at = ring.current(now).map(|current| current.active_from.plus(self.rotate_every));
        !is_full(ring, now)
            && ring.next(now).is_none()
            && retires_at.is_ok_and(|at| at.minus(self.publish_ahead) <= now)
    }

    /// Publishes the new key, which takes over from the current one at `active_from`.
    pub fn publish(&self, tx: &mut KeyTx<'_>, active_from: UnixTime) -> Result<Rotated, Abort<Stop>> {
        let now = tx.now;
        if is_full(tx.ring, now) {
            return Ok(Rotated::TooManyKeys);
        }
        let fresh = tx.fresh()?;
        if let Ok(current) = tx.ring.current(now) {
            store::retire(tx.conn, current.key.kid(), active_from, active_from.plus(self.keep_after))?;
        }
        store::insert(tx.conn, &KeyRow { active_from: active_from.seconds(), ..fresh.clone() })?;
        store::delete_forgotten(tx.conn, now.minus(REMEMBER))?;
        let kid = fresh.kid.clone();
        Ok(if active_from > now { Rotated::Published { kid, active_from } } else { Rotated::Activated { kid } })
    }

    /// Activates the next key.
    pub fn activate(&self, tx: &mut KeyTx<'_>) -> QueryResult<Rotated> {
        let now = tx.now;
        let Some(next) = tx.ring.next(now) else { return Ok(Rotated::NothingNext) };
        if let Ok(current) = tx.ring.current(now) {
            store::retire(tx.conn, current.key.kid(), now, now.plus(self.keep_after))?;
        }
        store::activate(tx.conn, next.key.kid(), now)?;
        Ok(Rotated::Activated { kid: next.key.kid().to_owned() })
    }
}

/// Each key is published with its ID key. One place is reserved for the successor of a withdrawn key.
fn is_full(ring: &KeyRing, now: UnixTime) -> bool {
    ring.kids(now).count() + 1 >= KeySet::MAX_KEYS / 2
}

/// Removes a key from the key set immediately. If it was the current one, activates the next one, or a new one.
pub fn withdraw(tx: &mut KeyTx<'_>, kid: &str) -> Result<Withdrawn, Abort<Stop>> {
    let (ring, now) = (tx.ring, tx.now);
    if !ring.is_published(kid, now) {
        return Ok(Withdrawn::NoSuchKey);
    }
    store::retire(tx.conn, kid, now, now)?;
    let current = ring.current(now).ok().map(|current| current.key.kid());
    let current = match (current, ring.next(now)) {
        (Some(current), next) if current != kid => {
            if next.is_some_and(|next| next.key.kid() == kid) {
                store::keep_signing(tx.conn, current)?;
            }
            current.to_owned()
        }
        (_, Some(next)) => {
            store::activate(tx.conn, next.key.kid(), now)?;
            next.key.kid().to_owned()
        }
        (_, None) => {
            let fresh = tx.fresh()?;
            store::insert(tx.conn, &KeyRow { active_from: now.seconds(), ..fresh.clone() })?;
            fresh.kid.clone()
        }
    };
    Ok(Withdrawn::Done { current })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared::testing::PRIVATE_KEY_PEM;

    use super::*;
    use crate::keys::{
        signing_key::{SigningKey, generate},
        timed_key::TimedKey,
    };

    const POLICY: RotationPolicy = RotationPolicy {
        rotate_every: Duration::from_secs(100),
        publish_ahead: Duration::from_secs(20),
        keep_after: Duration::from_secs(30),
    };

    fn at(seconds: i64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    fn timed(key: SigningKey, active_from: i64) -> TimedKey {
        TimedKey {
            key: Arc::new(key),
            list_key: None,
            id_key: None,
            created_at: at(0),
            active_from: at(active_from),
            retire_at: None,
            forget_at: None,
        }
    }

    #[test]
    fn a_next_key_is_due_early_enough_to_be_published_ahead() {
        let ring = KeyRing::new(vec![timed(SigningKey::from_pem(PRIVATE_KEY_PEM).unwrap(), 1000)]);

        let due = [0, 1000, 1079, 1080, 1100, 9999].map(|now| POLICY.is_due(&ring, at(now)));

        assert_eq!(due, [false, false, false, true, true, true]);
    }

    #[test]
    fn no_next_key_is_published_that_would_make_the_key_set_too_long_for_verifiers() {
        let key = || SigningKey::from_pem(PRIVATE_KEY_PEM).unwrap();
        let full = |count| is_full(&KeyRing::new((0..count).map(|at| timed(key(), at)).collect()), at(1000));

        // Next, the successor of a withdrawn key, and the ID keys: 64 in all.
        assert_eq!([full(30), full(31)], [false, true]);
    }

    #[test]
    fn no_next_key_is_due_while_there_is_one_or_no_current_key() {
        let first = timed(SigningKey::from_pem(PRIVATE_KEY_PEM).unwrap(), 1000);
        let next = timed(SigningKey::from_pkcs8(&generate(2048).unwrap()).unwrap(), 1100);
        let ring = KeyRing::new(vec![first, next]);

        let due = [1080, 1099, 1100, 1179, 1180].map(|now| POLICY.is_due(&ring, at(now)));

        assert_eq!(due, [false, false, false, false, true]);
        assert!(!POLICY.is_due(&KeyRing::default(), at(1080)));
    }
}
