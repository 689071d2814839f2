//! Keys for tests.

use std::sync::{Arc, LazyLock};

use shared::UnixTime;

use super::{
    signing_key::{SigningKey, generate},
    timed_key::TimedKey,
};

/// Generating keys is slow, so all tests share these.
pub static KEYS: LazyLock<[Arc<SigningKey>; 3]> =
    LazyLock::new(|| [(); 3].map(|()| Arc::new(SigningKey::from_pkcs8(&generate(2048).unwrap()).unwrap())));

/// That many seconds after the epoch.
pub fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

/// The key of that number, with these times.
pub fn timed(number: usize, created_at: i64, active_from: i64, retire_and_forget_at: Option<(i64, i64)>) -> TimedKey {
    TimedKey {
        key: Arc::clone(&KEYS[number]),
        list_key: None,
        id_key: None,
        created_at: at(created_at),
        active_from: at(active_from),
        retire_at: retire_and_forget_at.map(|(retire_at, _)| at(retire_at)),
        forget_at: retire_and_forget_at.map(|(_, forget_at)| at(forget_at)),
    }
}

/// Three keys in a row: each is published 20 s before it signs, signs for 100 s, and is published for 30 s more.
pub fn three_in_a_row() -> Vec<TimedKey> {
    vec![timed(0, 0, 0, Some((100, 130))), timed(1, 80, 100, Some((200, 230))), timed(2, 180, 200, None)]
}
