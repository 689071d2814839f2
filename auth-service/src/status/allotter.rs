//! Entries for new access tokens.

use std::time::Duration;

use shared::UnixTime;
use tokio::sync::Mutex;

use super::{
    entry::Entry,
    lists::{self, Lot},
};
use crate::db::{Db, DbError, write_alone};

/// Gives each new access token an entry of its own. A node borrows entries from the database by the lot, so that tokens
/// issued at the same time do not wait for each other there; what it does not use is never used.
pub struct Allotter {
    db: Db,
    token_ttl: Duration,
    lot: Mutex<Option<Lot>>,
}

impl Allotter {
    /// For tokens that live for `token_ttl` at most.
    pub fn new(db: Db, token_ttl: Duration) -> Self {
        Self { db, token_ttl, lot: Mutex::default() }
    }

    /// An entry that no other token has, on any node.
    ///
    /// # Errors
    /// [`DbError`] if more entries cannot be had.
    pub async fn allot(&self, now: UnixTime) -> Result<Entry, DbError> {
        let mut lot = self.lot.lock().await;
        loop {
            if let Some(entry) = lot.as_mut().and_then(|lot| lot.take(now)) {
                return Ok(entry);
            }
            let token_ttl = self.token_ttl;
            let lent = self.db.run(move |conn| write_alone(conn, |conn| lists::lend(conn, token_ttl, now)));
            *lot = Some(lent.await?);
        }
    }
}
