//! Whether the signing keys can be decrypted.

use service_kit::{StartError, doctor::Check};
use shared::UnixTime;

use crate::{
    config::Config,
    db::{DatabaseUrl, DbConnection, DbError},
    keys::{error::KeyError, key_keeper::key_of_settings, key_ring::KeyRing, key_safe::KeySafe, sealed::Sealed},
};

const NAME: &str = "keys";
/// By how much the clocks of nodes may differ, in seconds.
const SKEW: i64 = 60;

/// The check, and the id of the key that signs, if there is one.
pub(super) fn check(
    conn: &mut DbConnection,
    url: &DatabaseUrl,
    config: &Config,
    now: UnixTime,
) -> (Check, Option<String>) {
    match open(conn, url, config) {
        Ok(Opened { count, ring, configured: Some(kid) }) if ring.keys().is_empty() => (
            Check::ok(NAME, format!("the signing key comes from the settings; secrets in the database: {count}")),
            Some(kid),
        ),
        Ok(Opened { count: 0, .. }) => {
            (Check::warning(NAME, "there is no signing key yet", "Run `auth-service init`, or start a node."), None)
        }
        Ok(Opened { count, ring, .. }) => {
            let kid = ring.current(now).ok().map(|timed| timed.key.kid().to_owned());
            let newest = ring.keys().iter().map(|timed| timed.created_at.seconds()).max().unwrap_or_default();
            let ahead = newest.saturating_sub(now.seconds());
            let check = if ahead > SKEW {
                let remedy = "Synchronize the clocks of all nodes with NTP.";
                Check::error(NAME, format!("one was created {ahead} s in the future: a clock is wrong"), remedy)
            } else {
                Check::ok(NAME, format!("the master key decrypts all keys and secrets ({count})"))
            };
            (check, kid)
        }
        Err(error) => (Check::refused(NAME, &error), None),
    }
}

struct Opened {
    /// Keys and secrets in the database, all of which can be decrypted.
    count: usize,
    ring: KeyRing,
    /// The id of the key in the settings.
    configured: Option<String>,
}

fn open(conn: &mut DbConnection, url: &DatabaseUrl, config: &Config) -> Result<Opened, StartError> {
    let configured = key_of_settings(&config.keys)?.map(|key| key.kid().to_owned());
    let mut sealed = Sealed::load(conn).map_err(|error| KeyError::from(DbError::from(error)))?;
    if configured.is_some() {
        // Those in the database are not used.
        sealed.keys.clear();
    }
    if sealed.keys.is_empty() && sealed.secrets.is_empty() {
        return Ok(Opened { count: 0, ring: KeyRing::default(), configured });
    }
    let safe = KeySafe::of_sealed(url, config)?;
    let count = sealed.check(&safe).map_err(KeyError::from)?;
    let ring = sealed.ring(&safe, &KeyRing::default()).map_err(KeyError::from)?;
    Ok(Opened { count, ring, configured })
}
