//! The issuer's keys and which of them does what at a given time.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use serde_json::json;
use service_kit::strong_etag;
use shared::{
    UnixTime,
    keys::{InvalidKeySet, KeySet},
};

use super::signing_key::SigningKey;

/// All keys that have not been deleted. What each of them is follows from its times and `now`, so that all nodes agree
/// without talking.
#[derive(Clone, Default)]
pub struct KeyRing {
    /// In the order in which they begin to sign.
    keys: Vec<TimedKey>,
}

/// A key and its times.
#[derive(Clone)]
pub struct TimedKey {
    /// The pair.
    pub key: Arc<SigningKey>,
    /// From when on it is published.
    pub created_at: UnixTime,
    /// From when on it signs.
    pub active_from: UnixTime,
    /// From when on it no longer signs, if that is known.
    pub retire_at: Option<UnixTime>,
    /// From when on it is no longer published, if that is known.
    pub forget_at: Option<UnixTime>,
}

/// What a key does at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Published, so that verifiers have it before it signs.
    Next,
    /// Signs.
    Current,
    /// Published, since tokens that it signed may still live.
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
    pub fn new(mut keys: Vec<TimedKey>) -> Self {
        // Of keys that begin in the same second, those that are retired came first.
        keys.sort_by_cached_key(|timed| {
            (timed.active_from, timed.retire_at.is_none(), timed.retire_at, timed.key.kid().to_owned())
        });
        Self { keys }
    }

    /// A ring of one key that always signs.
    pub fn of_one(key: SigningKey) -> Self {
        let always = UnixTime::from_seconds(0);
        let key = Arc::new(key);
        Self::new(vec![TimedKey { key, created_at: always, active_from: always, retire_at: None, forget_at: None }])
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

    /// The key that signs after the current one, if it is there already.
    pub fn next(&self, now: UnixTime) -> Option<&TimedKey> {
        let current = self.current(now).ok()?;
        self.not_forgotten(now).find(|timed| timed.active_from > now && timed.key.kid() != current.key.kid())
    }

    /// What a key of this ring does.
    pub fn stage(&self, timed: &TimedKey, now: UnixTime) -> Stage {
        let is_current = self.current(now).is_ok_and(|current| current.key.kid() == timed.key.kid());
        if is_current {
            Stage::Current
        } else if timed.forget_at.is_some_and(|at| at <= now) {
            Stage::Gone
        } else if timed.active_from > now {
            Stage::Next
        } else {
            Stage::Previous
        }
    }

    /// The keys that verifiers are to hold, next, current and previous ones, as a JWK set (RFC 7517): the same bytes on
    /// every node.
    pub fn jwks(&self, now: UnixTime) -> String {
        let mut published: Vec<_> = self.not_forgotten(now).collect();
        // An order that does not change when a key is activated early.
        published.sort_by_key(|timed| (timed.created_at, timed.key.kid()));
        let keys: Vec<_> = published.iter().map(|timed| timed.key.jwk()).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The same keys for this service's own verifier.
    ///
    /// # Errors
    /// [`InvalidKeySet`] if there are none.
    pub fn key_set(&self, now: UnixTime) -> Result<KeySet, InvalidKeySet> {
        KeySet::from_jwks(self.jwks(now).as_bytes())
    }

    /// The ids of the keys that verifiers are to hold.
    pub fn kids(&self, now: UnixTime) -> impl Iterator<Item = &str> {
        self.not_forgotten(now).map(|timed| timed.key.kid())
    }

    /// Whether verifiers are to hold that key.
    pub fn is_published(&self, kid: &str, now: UnixTime) -> bool {
        self.kids(now).any(|published| published == kid)
    }

    /// Whether the key set with this entity tag contains that key. Past key sets are recomputed from the
    /// keys' times; a tag of none of them counts as no.
    pub fn is_in_set(&self, kid: &str, etag: &str, now: UnixTime) -> bool {
        let changes = self.keys.iter().flat_map(|timed| [Some(timed.created_at), timed.forget_at]).flatten();
        let moments: BTreeSet<_> = changes.filter(|at| *at <= now).chain([now]).collect();
        moments.into_iter().any(|at| {
            let past = Self { keys: self.keys.iter().filter(|timed| timed.created_at <= at).cloned().collect() };
            strong_etag(past.jwks(at)) == etag && past.is_published(kid, at)
        })
    }

    fn not_forgotten(&self, now: UnixTime) -> impl DoubleEndedIterator<Item = &TimedKey> + Clone {
        self.keys.iter().filter(move |timed| timed.forget_at.is_none_or(|at| now < at))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::{
        super::signing_key::generate,
        Stage::{Current, Gone, Next, Previous},
        *,
    };

    /// Making keys takes long, so these are for all tests.
    static KEYS: LazyLock<[Arc<SigningKey>; 3]> =
        LazyLock::new(|| [(); 3].map(|()| Arc::new(SigningKey::from_pkcs8(&generate(2048).unwrap()).unwrap())));

    fn at(seconds: i64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    fn timed(number: usize, created_at: i64, active_from: i64, retire_and_forget_at: Option<(i64, i64)>) -> TimedKey {
        TimedKey {
            key: Arc::clone(&KEYS[number]),
            created_at: at(created_at),
            active_from: at(active_from),
            retire_at: retire_and_forget_at.map(|(retire_at, _)| at(retire_at)),
            forget_at: retire_and_forget_at.map(|(_, forget_at)| at(forget_at)),
        }
    }

    /// Three keys in a row: each is published 20 s before it signs, signs for 100 s, and is published for 30 s more.
    fn three_in_a_row() -> Vec<TimedKey> {
        vec![timed(0, 0, 0, Some((100, 130))), timed(1, 80, 100, Some((200, 230))), timed(2, 180, 200, None)]
    }

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
    fn a_verifier_with_an_old_key_set_holds_its_keys() {
        let ring = KeyRing::new(three_in_a_row());
        let etag_at = |keys: usize, then: i64| {
            strong_etag(KeyRing::new(three_in_a_row().into_iter().take(keys).collect()).jwks(at(then)))
        };
        let held = |etag: &str, now: i64| [0, 1, 2].map(|number| ring.is_in_set(KEYS[number].kid(), etag, at(now)));

        assert_eq!(held(&etag_at(1, 0), 195), [true, false, false]);
        assert_eq!(held(&etag_at(2, 80), 195), [true, true, false]);
        assert_eq!(held(&etag_at(2, 130), 195), [false, true, false]);
        assert_eq!(held(&etag_at(3, 180), 195), [false, true, true]);
        assert_eq!(held(&etag_at(3, 230), 400), [false, false, true]);
    }

    #[test]
    fn an_unknown_etag_holds_no_keys() {
        let ring = KeyRing::new(three_in_a_row());
        let of_tomorrow = strong_etag(ring.jwks(at(180)));

        for etag in ["", "invented", &*of_tomorrow] {
            assert!(KEYS.iter().all(|key| !ring.is_in_set(key.kid(), etag, at(50))), "{etag}");
        }
    }
}
