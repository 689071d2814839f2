//! Random bytes that all nodes share.

use aws_lc_rs::rand;
use service_kit::StartError;
use zeroize::Zeroizing;

use super::{
    error::KeyError,
    key_safe::{KeyCreationError, KeySafe},
    sealed::Sealed,
    secret_store,
    signing_key::KeyGenerationError,
};
use crate::db::{Db, DbError, write_alone};

const LEN: usize = 32;

/// The 32 random bytes of that name. The first node generates them. They are encrypted under the master key, and do not
/// change when it is replaced.
///
/// # Errors
/// [`StartError`] if they cannot be generated or decrypted.
pub fn open_or_make(db: &Db, safe: &KeySafe, name: &str) -> Result<Zeroizing<Vec<u8>>, StartError> {
    let open_or_make = || -> Result<_, KeyError> {
        let mut fresh = Zeroizing::new(vec![0; LEN]);
        rand::fill(&mut fresh).map_err(|_| KeyCreationError::from(KeyGenerationError))?;
        let sealed_fresh = safe.seal(name, &fresh).map_err(KeyCreationError::from)?;
        let sealed = db.run_here(|conn| {
            write_alone(conn, |conn| {
                let sealed = Sealed::load(conn)?;
                if !sealed.secrets.iter().any(|(known, _)| known == name) {
                    secret_store::insert(conn, name, &sealed_fresh)?;
                }
                Ok::<_, DbError>(sealed)
            })
        })?;
        Ok(sealed.secret(safe, name)?.unwrap_or(fresh))
    };
    open_or_make().map_err(StartError::from)
}
