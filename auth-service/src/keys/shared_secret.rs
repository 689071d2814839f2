//! Secrets that all nodes share.

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

/// 32 random bytes.
///
/// # Errors
/// [`KeyGenerationError`] if the system provides no randomness.
pub fn random_bytes() -> Result<Zeroizing<Vec<u8>>, KeyGenerationError> {
    let mut bytes = Zeroizing::new(vec![0; 32]);
    rand::fill(&mut bytes).map_err(|_| KeyGenerationError)?;
    Ok(bytes)
}

/// The secret of that name. The first node generates it. It is encrypted under the master key, and does not change when that
/// is replaced.
///
/// # Errors
/// [`StartError`] if it cannot be generated or decrypted.
pub fn open_or_make(
    db: &Db,
    safe: &KeySafe,
    name: &str,
    make: impl FnOnce() -> Result<Zeroizing<Vec<u8>>, KeyGenerationError>,
) -> Result<Zeroizing<Vec<u8>>, StartError> {
    let open_or_make = || -> Result<_, KeyError> {
        if let Some(secret) = db.run_here(Sealed::load)?.secret(safe, name)? {
            return Ok(secret);
        }
        let fresh = make().map_err(KeyCreationError::from)?;
        let sealed_fresh = safe.seal(name, &fresh).map_err(KeyCreationError::from)?;
        let sealed = db.run_here(|conn| {
            write_alone(conn, |conn| {
                let sealed = Sealed::load(conn)?;
                // Another node may have been faster.
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
