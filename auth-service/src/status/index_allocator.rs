//! Entries for new access tokens.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::UnixTime;
use tokio::{sync, time::timeout};

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
    block: sync::Mutex<Option<IndexBlock>>,
    returned: Arc<ReturnedEntries>,
}

/// An entry that no other token has, on any node. Unless it is assigned to a token, the next request gets it, so that a
/// refused request uses none up.
pub struct ReservedEntry {
    entry: Entry,
    is_assigned: bool,
    good_until: UnixTime,
    returned: Arc<ReturnedEntries>,
}

/// There are never more of them than requests at the same time.
#[derive(Default)]
struct ReturnedEntries(Mutex<Vec<(Entry, UnixTime)>>);

impl IndexAllocator {
    /// How long a login waits while another one reserves a block.
    const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

    /// For tokens that live for `token_ttl` at most.
    pub fn new(db: Db, token_ttl: Duration) -> Self {
        Self { db, token_ttl, block: sync::Mutex::default(), returned: Arc::default() }
    }

    /// Reserves an entry.
    ///
    /// # Errors
    /// [`DbError`] if no block can be reserved.
    pub async fn reserve(&self, now: UnixTime) -> Result<ReservedEntry, DbError> {
        if let Some((entry, good_until)) = self.returned.take(now) {
            return Ok(self.reserved(entry, good_until));
        }
        let mut block = timeout(Self::ACQUIRE_TIMEOUT, self.block.lock()).await.map_err(|_| DbError::Busy)?;
        loop {
            if let Some(block) = &mut *block
                && let Some(entry) = block.take(now)
            {
                return Ok(self.reserved(entry, block.good_until));
            }
            *block = Some(self.reserve_block(now).await?);
        }
    }

    fn reserved(&self, entry: Entry, good_until: UnixTime) -> ReservedEntry {
        ReservedEntry { entry, is_assigned: false, good_until, returned: Arc::clone(&self.returned) }
    }

    /// The next block. If no list has entries left, because the reload loop has not run, this opens one.
    async fn reserve_block(&self, now: UnixTime) -> Result<IndexBlock, DbError> {
        let token_ttl = self.token_ttl;
        loop {
            if let Some(block) = self.db.write(move |conn| lists::reserve(conn, token_ttl, now)).await? {
                return Ok(block);
            }
            self.db.write_alone(move |conn| lists::prepare_next(conn, now)).await?;
        }
    }
}

impl ReservedEntry {
    /// The entry, for the token that is about to be written. Whether or not that succeeds, no other token gets it.
    pub fn assign(mut self) -> Entry {
        self.is_assigned = true;
        self.entry
    }
}

impl Drop for ReservedEntry {
    fn drop(&mut self) {
        if !self.is_assigned {
            self.returned.put(self.entry, self.good_until);
        }
    }
}

impl ReturnedEntries {
    fn take(&self, now: UnixTime) -> Option<(Entry, UnixTime)> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(_, good_until)| now < *good_until);
        entries.pop()
    }

    fn put(&self, entry: Entry, good_until: UnixTime) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((entry, good_until));
    }
}
