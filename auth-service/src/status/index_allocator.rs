//! Entries for new access tokens.

use std::time::Duration;

use shared::UnixTime;
use tokio::{sync::Mutex, time::timeout};

use super::{
    entry::Entry,
    lists::{self, IndexBlock},
};
use crate::db::{Db, DbError};

/// Assigns each new access token its own status list entry. A node reserves entries in the database in blocks, so that
/// concurrent logins do not wait for one row. Unused entries of a block are discarded.
pub struct IndexAllocator {
    db: Db,
    token_ttl: Duration,
    block: Mutex<Option<IndexBlock>>,
}

impl IndexAllocator {
    /// How long a login waits while another one reserves a block.
    const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

    /// For tokens that live for `token_ttl` at most.
    pub fn new(db: Db, token_ttl: Duration) -> Self {
        Self { db, token_ttl, block: Mutex::default() }
    }

    /// An entry that no other token has, on any node.
    ///
    /// # Errors
    /// [`DbError`] if no block can be reserved.
    pub async fn allocate(&self, now: UnixTime) -> Result<Entry, DbError> {
        let mut block = timeout(Self::ACQUIRE_TIMEOUT, self.block.lock()).await.map_err(|_| DbError::Busy)?;
        loop {
            if let Some(entry) = block.as_mut().and_then(|block| block.take(now)) {
                return Ok(entry);
            }
            *block = Some(self.reserve(now).await?);
        }
    }

    /// The next block. If no list has entries left, because the reload loop has not run, this opens one.
    async fn reserve(&self, now: UnixTime) -> Result<IndexBlock, DbError> {
        let token_ttl = self.token_ttl;
        loop {
            if let Some(block) = self.db.write(move |conn| lists::reserve(conn, token_ttl, now)).await? {
                return Ok(block);
            }
            self.db.write_alone(move |conn| lists::prepare_next(conn, now)).await?;
        }
    }
}
