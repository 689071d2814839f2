//! What is done with private keys by hand: in, out, and under another master key.

use shared::UnixTime;
use zeroize::Zeroizing;

use super::{
    managed_keys::{KeyError, ManagedKeys, foreign},
    rotation::Rotated,
    secret_store, store,
};
use crate::db::DbError;

impl ManagedKeys {
    /// Publishes a private key made elsewhere (PKCS #8) as the next key.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn import(&self, private_key: &[u8], now: UnixTime) -> Result<Rotated, KeyError> {
        let fresh = self.safe.seal(private_key, now, now)?;
        self.change(move |keys, conn, ring| match ring.next(now) {
            Some(next) => Ok(Rotated::NextExists { kid: next.key.kid().to_owned() }),
            None if ring.keys().iter().any(|timed| timed.key.kid() == fresh.kid) => {
                Ok(Rotated::Known { kid: fresh.kid.clone() })
            }
            None => keys.policy.publish(conn, ring, &fresh, now.plus(keys.policy.publish_ahead), now),
        })
        .await
    }

    /// The private key of that id, in PKCS #8; `None` if there is no such key.
    ///
    /// # Errors
    /// [`KeyError`] if it cannot be had.
    pub async fn export(&self, kid: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        let rows = self.db.run(store::all).await?;
        let found = rows.iter().find(|row| row.kid == kid).map(|row| self.safe.open(row));
        Ok(found.transpose().map_err(foreign).map_err(DbError::from)?)
    }

    /// Seals every key anew, under the master key of today. How many there are.
    ///
    /// # Errors
    /// [`KeyError`]; the rows are then as before.
    pub async fn rewrap(&self) -> Result<usize, KeyError> {
        self.change(|keys, conn, _| {
            let rows = store::all(conn)?;
            for row in &rows {
                let sealed = keys.safe.reseal(&row.kid, &row.sealed_private_key).map_err(foreign)?;
                store::reseal(conn, &row.kid, &sealed)?;
            }
            let secrets = secret_store::all(conn)?;
            for (name, sealed) in &secrets {
                secret_store::reseal(conn, name, &keys.safe.reseal(name, sealed).map_err(foreign)?)?;
            }
            Ok(rows.len() + secrets.len())
        })
        .await
    }
}
