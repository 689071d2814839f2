//! Entries for new access tokens.

use std::time::Duration;

use shared::UnixTime;
use tokio::{sync::Mutex, time::timeout};

use super::{
    entry::Entry,
    lists::{self, Lot},
};
use crate::db::{Db, DbError};

/// Gives each new access token an entry of its own. A node borrows entries from the database by the lot, so that tokens
/// issued at the same time do not wait for each other there; what it does not use is never used.
pub struct Allotter {
    db: Db,
    token_ttl: Duration,
    lot: Mutex<Option<Lot>>,
}

impl Allotter {
    /// How long a login waits for another one that borrows.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// For tokens that live for `token_ttl` at most.
    pub fn new(db: Db, token_ttl: Duration) -> Self {
        Self { db, token_ttl, lot: Mutex::default() }
    }

    /// An entry that no other token has, on any node.
    ///
    /// # Errors
    /// [`DbError`] if more entries cannot be had.
    pub async fn allot(&self, now: UnixTime) -> Result<Entry, DbError> {
        let mut lot = timeout(Self::PATIENCE, self.lot.lock()).await.map_err(|_| DbError::Busy)?;
        loop {
            if let Some(entry) = lot.as_mut().and_then(|lot| lot.take(now)) {
                return Ok(entry);
            }
            *lot = Some(self.borrow(now).await?);
        }
    }

    /// The next lot. Where no list has any the loop has not run for long: then a list is opened here.
    async fn borrow(&self, now: UnixTime) -> Result<Lot, DbError> {
        let token_ttl = self.token_ttl;
        loop {
            if let Some(lot) = self.db.write(move |conn| lists::lend(conn, token_ttl, now)).await? {
                return Ok(lot);
            }
            self.db.write_alone(move |conn| lists::prepare_next(conn, now)).await?;
        }
    }
}
