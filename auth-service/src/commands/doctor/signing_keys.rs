//! Whether the signing keys can be decrypted.

use service_kit::StartError;

use super::check::Check;
use crate::{
    config::Config,
    db::{DatabaseUrl, DbConnection, DbError},
    keys::{error::KeyError, key_safe::KeySafe, sealed::Sealed},
};

pub(super) fn check(conn: &mut DbConnection, url: &DatabaseUrl, config: &Config) -> Check {
    const NAME: &str = "keys";
    let is_from_settings = config.keys.private_key.is_some();
    match count_opened(conn, url, config) {
        Ok(0) if is_from_settings => Check::ok(NAME, "the signing key is from the settings"),
        Ok(0) => Check::warning(NAME, "there is no signing key yet", "Run `auth-service init`, or start a node."),
        Ok(count) => Check::ok(NAME, format!("the master key decrypts all keys and secrets ({count})")),
        Err(error) => Check::refused(NAME, &error),
    }
}

fn count_opened(conn: &mut DbConnection, url: &DatabaseUrl, config: &Config) -> Result<usize, StartError> {
    let mut sealed = Sealed::load(conn).map_err(|error| KeyError::from(DbError::from(error)))?;
    if config.keys.private_key.is_some() {
        // Those in the database are not used.
        sealed.keys.clear();
    }
    if sealed.keys.is_empty() && sealed.secrets.is_empty() {
        return Ok(0);
    }
    let safe = KeySafe::of_sealed(url, config)?;
    Ok(sealed.check(&safe).map_err(KeyError::from)?)
}
