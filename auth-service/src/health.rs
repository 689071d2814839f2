//! Readiness of auth-service.

use std::{sync::Arc, time::Duration};

use service_kit::{Lifecycle, NotReady, Readiness};
use shared::{UnixTime, tasks::TaskHealth};

use crate::{
    keys::key_keeper::KeyKeeper, status::list_keeper::ListKeeper, users::password_hasher::PasswordHasher,
    write_check::WriteCheck,
};

/// A node that does not see key changes of other nodes must not keep signing with a withdrawn key.
const MAX_KEY_AGE: Duration = Duration::from_secs(30);

/// Ready if the background tasks are alive, the database responds and commits, there is a current signing key, and a hashing thread is
/// alive. It is judged by what the tasks have found, so that no request waits, and none waits behind others.
pub fn readiness(
    lifecycle: &Lifecycle,
    lists: &Arc<ListKeeper>,
    keys: &Arc<KeyKeeper>,
    hasher: &PasswordHasher,
    writes: &Arc<WriteCheck>,
    tasks: &[Arc<TaskHealth>],
) -> Readiness {
    let (lists, keys, hasher, writes) = (Arc::clone(lists), Arc::clone(keys), hasher.clone(), Arc::clone(writes));
    Readiness::new(lifecycle.clone())
        .tasks_alive(tasks.iter().cloned())
        .check_with(move || {
            let checked = lists.is_database_responding().then_some(()).ok_or_else(no_database);
            async move { checked }
        })
        .check_with(move || {
            let checked = writes.is_writable().then_some(()).ok_or_else(not_writable);
            async move { checked }
        })
        .check_with(move || {
            let checked = check_keys(&keys, UnixTime::now());
            async move { checked }
        })
        .check_with(move || {
            let is_alive = hasher.is_alive(UnixTime::now());
            async move { is_alive.then_some(()).ok_or_else(no_hashing) }
        })
}

/// Why it may not be ready.
pub fn reasons() -> [NotReady; 5] {
    [no_database(), not_writable(), no_key(), old_keys(), no_hashing()]
}

fn no_database() -> NotReady {
    NotReady::new("database_unavailable", "The database is temporarily unavailable")
}

fn not_writable() -> NotReady {
    NotReady::new("database_unavailable", "The database does not accept changes")
}

fn no_key() -> NotReady {
    NotReady::new("keys_unavailable", "No current signing key")
}

fn old_keys() -> NotReady {
    NotReady::new("keys_unavailable", "Signing keys have not been refreshed recently")
}

fn no_hashing() -> NotReady {
    NotReady::new("hashing_unavailable", "All password hashing threads have stopped or are stuck")
}

fn check_keys(keys: &KeyKeeper, now: UnixTime) -> Result<(), NotReady> {
    if keys.ring().current(now).is_err() {
        return Err(no_key());
    }
    if keys.own_keys().age(now).is_none_or(|age| age > MAX_KEY_AGE) {
        return Err(old_keys());
    }
    Ok(())
}
