//! Random bytes that all nodes share.

use aws_lc_rs::rand;
use service_kit::StartError;
use zeroize::Zeroizing;

use super::{
    key_safe::{KeyCreationError, KeySafe},
    managed_keys::{cannot_open, foreign},
    secret_store,
    signing_key::KeyGenerationError,
};
use crate::db::{Db, DbError, write_alone};

const LEN: usize = 32;

/// The 32 random bytes of that name. The first node that asks makes them; they are sealed under the master key, and stay
/// the same when it is changed.
///
/// # Errors
/// [`StartError`] if they cannot be made or opened.
pub fn open_or_make(db: &Db, safe: &KeySafe, name: &str) -> Result<Zeroizing<Vec<u8>>, StartError> {
    let mut fresh = Zeroizing::new(vec![0; LEN]);
    rand::fill(&mut fresh).map_err(|_| cannot_open(KeyCreationError::from(KeyGenerationError)))?;
    let sealed = safe.seal_bytes(name, &fresh).map_err(|error| cannot_open(KeyCreationError::from(error)))?;
    let known = db.run_here(|conn| {
        write_alone(conn, |conn| {
            let known = secret_store::find(conn, name)?;
            if known.is_none() {
                secret_store::insert(conn, name, &sealed)?;
            }
            Ok::<_, DbError>(known)
        })
    });
    match known.map_err(cannot_open)? {
        Some(known) => safe.open_bytes(name, &known).map_err(|error| cannot_open(DbError::from(foreign(error)))),
        None => Ok(fresh),
    }
}
