//! Past and planned key sets, by entity tag.

use std::collections::{BTreeSet, HashMap};

use service_kit::strong_etag;
use shared::UnixTime;

use super::timed_key::{TimedKey, jwks};

/// The key sets that follow from the keys' times, past and planned, by entity tag. Computed once for a key ring: each is
/// serialized and hashed, and a report may look up the tags of a thousand verifiers.
#[derive(Default)]
pub struct KeySetHistory(HashMap<String, KeySetRecord>);

struct KeySetRecord {
    /// When it is, or was, first published.
    since: UnixTime,
    kids: Vec<String>,
}

impl KeySetHistory {
    /// That of these keys.
    pub fn of(keys: &[TimedKey]) -> Self {
        let changes: BTreeSet<_> =
            keys.iter().flat_map(|timed| [Some(timed.created_at), timed.forget_at]).flatten().collect();
        let mut sets = HashMap::new();
        for since in changes {
            let published = || keys.iter().filter(move |timed| timed.created_at <= since && !timed.is_forgotten(since));
            let kids = || published().map(|timed| timed.key.kid().to_owned()).collect();
            sets.entry(strong_etag(jwks(published()))).or_insert_with(|| KeySetRecord { since, kids: kids() });
        }
        Self(sets)
    }

    /// Whether the key set with this entity tag contains that key. Returns `false` for an unknown tag.
    pub fn is_in_set(&self, kid: &str, etag: &str, now: UnixTime) -> bool {
        let set = self.0.get(etag).filter(|set| set.since <= now);
        set.is_some_and(|set| set.kids.iter().any(|held| held == kid))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::key_fixtures::{KEYS, at, three_in_a_row},
        *,
    };

    /// The tag of the set that is published at `then`, computed from the first `keys`.
    fn etag_at(keys: usize, then: i64) -> String {
        let keys = &three_in_a_row()[..keys];
        strong_etag(jwks(keys.iter().filter(|timed| !timed.is_forgotten(at(then)))))
    }

    #[test]
    fn a_verifier_with_an_old_key_set_holds_its_keys() {
        let history = KeySetHistory::of(&three_in_a_row());
        let held = |etag: &str, now: i64| [0, 1, 2].map(|number| history.is_in_set(KEYS[number].kid(), etag, at(now)));

        assert_eq!(held(&etag_at(1, 0), 195), [true, false, false]);
        assert_eq!(held(&etag_at(2, 80), 195), [true, true, false]);
        assert_eq!(held(&etag_at(2, 130), 195), [false, true, false]);
        assert_eq!(held(&etag_at(3, 180), 195), [false, true, true]);
        assert_eq!(held(&etag_at(3, 230), 400), [false, false, true]);
    }

    #[test]
    fn a_set_that_recurs_counts_from_when_it_was_first_published() {
        let [first, second, _] = <[TimedKey; 3]>::try_from(three_in_a_row()).ok().unwrap();
        let first = TimedKey { retire_at: None, forget_at: None, ..first };
        let withdrawn = TimedKey { retire_at: Some(at(90)), forget_at: Some(at(90)), ..second };
        let history = KeySetHistory::of(&[first, withdrawn]);

        let held = [0, 85, 95].map(|now| history.is_in_set(KEYS[0].kid(), &etag_at(1, 0), at(now)));

        assert_eq!(held, [true; 3]);
    }

    #[test]
    fn an_unknown_etag_holds_no_keys() {
        let history = KeySetHistory::of(&three_in_a_row());
        let of_tomorrow = etag_at(3, 180);

        for etag in ["", "invented", &*of_tomorrow] {
            assert!(KEYS.iter().all(|key| !history.is_in_set(key.kid(), etag, at(50))), "{etag}");
        }
    }

    #[test]
    fn no_keys_have_no_history() {
        assert!(!KeySetHistory::of(&[]).is_in_set(KEYS[0].kid(), &strong_etag(jwks([].iter())), at(0)));
    }
}
