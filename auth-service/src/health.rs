//! When auth-service is ready.

use std::time::Duration;

use actix_web::web::Data;
use service_kit::{Lifecycle, NotReady, Readiness};
use shared::UnixTime;

use crate::{db::Db, keys::key_keeper::KeyKeeper};

/// A node that does not see key changes of other nodes must not go on signing with a key that was withdrawn.
const MAX_KEY_AGE: Duration = Duration::from_secs(30);

/// Ready: the database answers, and there is a signing key that is up to date.
pub fn readiness(lifecycle: &Lifecycle, db: &Db, keys: &Data<KeyKeeper>) -> Readiness {
    let (db, keys) = (db.clone(), keys.clone());
    Readiness::new(lifecycle.clone())
        .check_with(move || {
            let db = db.clone();
            async move {
                let unavailable = |error| {
                    NotReady::new("database_unavailable", "The database is temporarily unavailable").because(error)
                };
                db.ping().await.map_err(unavailable)
            }
        })
        .check_with(move || {
            let checked = check_keys(&keys, UnixTime::now());
            async move { checked }
        })
}

fn check_keys(keys: &KeyKeeper, now: UnixTime) -> Result<(), NotReady> {
    if keys.ring().current(now).is_err() {
        return Err(NotReady::new("keys_unavailable", "No current signing key"));
    }
    if keys.own_keys().age(now).is_none_or(|age| age > MAX_KEY_AGE) {
        return Err(NotReady::new("keys_unavailable", "Signing keys have not been refreshed recently"));
    }
    Ok(())
}
