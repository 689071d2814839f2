//! The issuer's keys and their stages at a given time.

use std::sync::Arc;

use serde::Serialize;
use shared::{
    UnixTime,
    keys::{InvalidKeySet, KeySet},
};
use utoipa::ToSchema;

use super::{
    key_set_history::KeySetHistory,
    signing_key::SigningKey,
    timed_key::{TimedKey, access_jwks, jwks, list_jwks},
};

/// All keys that have not been deleted. The stage of each follows from its times and `now`, so that all nodes agree
/// without communicating.
#[derive(Clone, Default)]
pub struct KeyRing {
    /// In the order in which they begin to sign.
    keys: Arc<[TimedKey]>,
    history: Arc<KeySetHistory>,
}

/// The stage of a key at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Published, so that verifiers have it before it signs.
    Next,
    /// Signs.
    Current,
    /// Published, since tokens that it signed may still be valid.
    Previous,
    /// Neither.
    Gone,
}

/// No key signs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no signing key")]
pub struct NoCurrentKey;

impl KeyRing {
    /// A ring of these keys.
    pub fn new(keys: Vec<TimedKey>) -> Self {
        Self::default().with(keys)
    }

    /// A ring of these keys; this one, where they are the same.
    #[must_use]
    pub fn with(&self, mut keys: Vec<TimedKey>) -> Self {
        // Of keys that begin in the same second, those that are retired came first.
        keys.sort_by_cached_key(|timed| {
            (timed.active_from, timed.retire_at.is_none(), timed.retire_at, timed.key.kid().to_owned())
        });
        if keys.len() == self.keys.len() && keys.iter().zip(&*self.keys).all(|(new, known)| new.is_same(known)) {
            return self.clone();
        }
        Self { history: Arc::new(KeySetHistory::of(&keys)), keys: keys.into() }
    }

    /// A ring of one key that always signs access tokens, one for status lists, and one for ID tokens.
    pub fn of_one(key: SigningKey, list_key: SigningKey, id_key: SigningKey) -> Self {
        let always = UnixTime::from_seconds(0);
        Self::new(vec![TimedKey {
            key: Arc::new(key),
            list_key: Some(Arc::new(list_key)),
            id_key: Some(Arc::new(id_key)),
            created_at: always,
            active_from: always,
            retire_at: None,
            forget_at: None,
        }])
    }

    /// The keys, in the order in which they begin to sign.
    pub fn keys(&self) -> &[TimedKey] {
        &self.keys
    }

    /// The key that signs: of those that have begun to and are not retired, the one that began last. A node whose clock
    /// is behind its peers' may see none; then it is the last of those that have begun, or the first at all.
    ///
    /// # Errors
    /// [`NoCurrentKey`] if there is no key at all.
    pub fn current(&self, now: UnixTime) -> Result<&TimedKey, NoCurrentKey> {
        let has_begun = |timed: &&TimedKey| timed.active_from <= now;
        let is_retired = |timed: &&TimedKey| timed.retire_at.is_some_and(|at| at <= now);
        let mut published = self.not_forgotten(now);
        let current = published.clone().rfind(|timed| has_begun(timed) && !is_retired(timed));
        current.or_else(|| published.clone().rfind(has_begun)).or_else(|| published.next()).ok_or(NoCurrentKey)
    }

    /// The next key, if there is one.
    pub fn next(&self, now: UnixTime) -> Option<&TimedKey> {
        let current = self.current(now).ok()?;
        self.not_forgotten(now).find(|timed| timed.active_from > now && timed.key.kid() != current.key.kid())
    }

    /// The stage of a key of this ring.
    pub fn stage(&self, timed: &TimedKey, now: UnixTime) -> Stage {
        let is_current = self.current(now).is_ok_and(|current| current.key.kid() == timed.key.kid());
        if is_current {
            Stage::Current
        } else if timed.is_forgotten(now) {
            Stage::Gone
        } else if timed.active_from > now {
            Stage::Next
        } else {
            Stage::Previous
        }
    }

    /// The published keys (next, current and previous) and their ID keys as a JWK set (RFC 7517): the same bytes on every
    /// node.
    pub fn jwks(&self, now: UnixTime) -> String {
        jwks(self.not_forgotten(now))
    }

    /// The list keys of the same keys, which are published, current and withdrawn together with them, as a JWK set of their
    /// own: who holds them accepts them for status lists, and for nothing else.
    pub fn list_jwks(&self, now: UnixTime) -> String {
        list_jwks(self.not_forgotten(now))
    }

    /// The published keys for this service's own verifier: those that sign access tokens.
    ///
    /// # Errors
    /// [`InvalidKeySet`] if there are none.
    pub fn key_set(&self, now: UnixTime) -> Result<KeySet, InvalidKeySet> {
        KeySet::from_jwks(access_jwks(self.not_forgotten(now)).as_bytes())
    }

    /// The key that signs ID tokens and logout tokens now.
    ///
    /// # Errors
    /// [`NoCurrentKey`] if there is none. It never gives way to the key of access tokens.
    pub fn current_id_key(&self, now: UnixTime) -> Result<&SigningKey, NoCurrentKey> {
        self.current(now)?.id_key.as_deref().ok_or(NoCurrentKey)
    }

    /// The published ID key with that key id.
    pub fn find_id_key(&self, kid: &str, now: UnixTime) -> Option<&SigningKey> {
        self.not_forgotten(now).filter_map(|timed| timed.id_key.as_deref()).find(|key| key.kid() == kid)
    }

    /// The ids of the published keys.
    pub fn kids(&self, now: UnixTime) -> impl Iterator<Item = &str> {
        self.not_forgotten(now).map(|timed| timed.key.kid())
    }

    /// Whether that key is published.
    pub fn is_published(&self, kid: &str, now: UnixTime) -> bool {
        self.kids(now).any(|published| published == kid)
    }

    /// Whether the key set with this entity tag contains that key. Returns `false` for an unknown tag.
    pub fn is_in_set(&self, kid: &str, etag: &str, now: UnixTime) -> bool {
        self.history.is_in_set(kid, etag, now)
    }

    fn not_forgotten(&self, now: UnixTime) -> impl DoubleEndedIterator<Item = &TimedKey> + Clone {
        self.keys.iter().filter(move |timed| !timed.is_forgotten(now))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::key_fixtures::{KEYS, at, three_in_a_row, timed},
        Stage::{Current, Gone, Next, Previous},
        *,
    };

    /// The current keys of every second, which must be one each.
    fn current_numbers(ring: &KeyRing, seconds: std::ops::Range<i64>) -> Vec<usize> {
        let of_second = |second: i64| {
            let current: Vec<_> = ring.keys().iter().filter(|timed| ring.stage(timed, at(second)) == Current).collect();
            assert_eq!(current.len(), 1, "second {second}");
            KEYS.iter().position(|key| key.kid() == current[0].key.kid()).unwrap()
        };
        seconds.map(of_second).collect()
    }

    #[test]
    fn a_key_is_next_then_current_then_previous_then_gone() {
        let ring = KeyRing::new(three_in_a_row());
        let second = &ring.keys()[1];

        let stages = [80, 99, 100, 199, 200, 229, 230, 10_000].map(|now| ring.stage(second, at(now)));

        assert_eq!(stages, [Next, Next, Current, Current, Previous, Previous, Gone, Gone]);
    }

    #[test]
    fn at_every_second_exactly_one_key_is_current_also_by_a_clock_that_is_behind() {
        let ring = KeyRing::new(three_in_a_row());

        let current = current_numbers(&ring, -50..400);

        let expected = [vec![0; 150], vec![1; 100], vec![2; 200]].concat();
        assert_eq!(current, expected);
    }

    #[test]
    fn a_withdrawn_key_never_signs_again_and_another_does_at_once() {
        let ring = KeyRing::new(vec![timed(0, 0, 0, Some((150, 150))), timed(1, 150, 150, None)]);

        let current = current_numbers(&ring, -50..300);

        assert_eq!(current, [vec![0; 200], vec![1; 150]].concat());
        assert_eq!(ring.kids(at(150)).collect::<Vec<_>>(), [KEYS[1].kid()]);
    }

    #[test]
    fn among_keys_of_one_second_the_one_without_an_end_signs() {
        for (without_end, other) in [(0, 1), (1, 0)] {
            let ring = KeyRing::new(vec![timed(without_end, 100, 100, None), timed(other, 100, 100, Some((100, 130)))]);

            assert_eq!(ring.stage(&timed(other, 100, 100, Some((100, 130))), at(100)), Previous);
            assert_eq!(current_numbers(&ring, 100..200), vec![without_end; 100]);
        }
    }

    #[test]
    fn among_keys_of_one_second_without_an_end_every_node_picks_the_same() {
        let keys = [timed(0, 100, 100, None), timed(1, 100, 100, None)];
        let reversed = keys.iter().rev().cloned().collect();

        let current = |ring: &KeyRing| ring.current(at(100)).map(|timed| timed.key.kid().to_owned());

        assert_eq!(current(&KeyRing::new(keys.to_vec())), current(&KeyRing::new(reversed)));
        current_numbers(&KeyRing::new(keys.to_vec()), 50..150);
    }

    #[test]
    fn without_keys_none_is_current() {
        assert_eq!(KeyRing::default().current(at(100)).map(|_| ()), Err(NoCurrentKey));
        assert!(KeyRing::default().next(at(100)).is_none());
    }

    #[test]
    fn the_next_key_is_the_one_that_has_yet_to_sign_unless_withdrawn() {
        let ring = KeyRing::new(vec![timed(0, 0, 0, None), timed(1, 80, 100, None), timed(2, 80, 90, Some((85, 85)))]);

        let next = |now: i64| ring.next(at(now)).map(|timed| timed.key.kid());

        assert_eq!(next(86), Some(KEYS[1].kid()));
        assert_eq!(next(100), None);
    }

    #[test]
    fn the_key_set_is_the_same_bytes_whatever_order_the_rows_come_in() {
        let [a, b, c] = <[TimedKey; 3]>::try_from(three_in_a_row()).ok().unwrap();
        let expected = KeyRing::new(three_in_a_row()).jwks(at(120));

        for rows in [[&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            let ring = KeyRing::new(rows.map(TimedKey::clone).to_vec());

            assert_eq!(ring.jwks(at(120)), expected);
        }
        assert_eq!(KeyRing::new(three_in_a_row()).kids(at(130)).collect::<Vec<_>>(), [KEYS[1].kid(), KEYS[2].kid()]);
    }

    #[test]
    fn a_ring_of_the_same_keys_is_not_computed_again() {
        let ring = KeyRing::new(three_in_a_row());
        let reversed: Vec<_> = three_in_a_row().into_iter().rev().collect();
        let [first, second, third] = <[TimedKey; 3]>::try_from(three_in_a_row()).ok().unwrap();
        let withdrawn = TimedKey { forget_at: Some(at(190)), ..third };

        let [same, fewer, changed] = [reversed, vec![first.clone(), second.clone()], vec![first, second, withdrawn]]
            .map(|keys| Arc::ptr_eq(&ring.with(keys).history, &ring.history));

        assert_eq!((same, fewer, changed), (true, false, false));
    }
}
