//! The register of verifiers and their key sets.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::UnixTime;

use super::store::{self, VerifierRow};
use crate::{
    config::KeyConfig,
    db::{Db, DbError},
    guessing::addresses::Addresses,
};

/// Records the key sets of verifiers: the instance name and the entity tag that each sends when it fetches the key set.
///
/// Verifiers are not authenticated. So requests are recorded in memory, up to a limit over all addresses and one for each, and
/// written together, once a second.
/// They protect an early activation from mistakes, not from attacks.
pub struct VerifierRegister {
    db: Db,
    ttl: Duration,
    addresses: Addresses,
    notes: Mutex<HashMap<String, Note>>,
}

struct Note {
    etag: String,
    seen_at: UnixTime,
    is_written: bool,
}

impl VerifierRegister {
    const MAX_NAME_LEN: usize = 100;
    /// What one address can have written: this many at once, and one more each period. Verifiers behind one address that exceed
    /// that are recorded at a later request.
    const BURST: u32 = 100;
    const PERIOD: Duration = Duration::from_secs(1);

    /// A register in this database.
    pub fn new(db: Db, config: &KeyConfig) -> Self {
        let addresses = Addresses::new(Self::BURST, Self::PERIOD);
        Self { db, ttl: Duration::from_secs(config.verifier_ttl_secs), addresses, notes: Mutex::default() }
    }

    /// Notes that a verifier at this address asked for the key set, holding the one with that entity tag (empty if none). A verifier that asks
    /// often with the same set is written four times per time to live.
    pub fn note(&self, instance: &str, etag: &str, address: Option<IpAddr>, now: UnixTime) {
        if instance.is_empty() || instance.len() > Self::MAX_NAME_LEN || etag.len() > Self::MAX_NAME_LEN {
            return;
        }
        let mut notes = self.notes();
        let is_news = match notes.get(instance) {
            Some(note) => note.etag != etag || now.since(note.seen_at) >= self.ttl / 4,
            None => notes.len() < usize::from(store::MAX_VERIFIERS),
        };
        if is_news && self.addresses.take(address, now).is_ok() {
            notes.insert(instance.to_owned(), Note { etag: etag.to_owned(), seen_at: now, is_written: false });
        }
    }

    /// Writes the new notes, for every node to read.
    ///
    /// # Errors
    /// [`DbError`]; they are then written next time.
    pub async fn write(&self, now: UnixTime) -> Result<(), DbError> {
        self.notes().retain(|_, note| now.since(note.seen_at) < self.ttl);
        let is_new = |(_, note): &(&String, &Note)| !note.is_written;
        let rows: Vec<_> = self.notes().iter().filter(is_new).map(|(instance, note)| note.row(instance)).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let stale = now.minus(self.ttl);
        let written = self.db.write(move |conn| store::record(conn, &rows, stale).map(|()| rows)).await?;
        let mut notes = self.notes();
        for row in written {
            if let Some(note) = notes.get_mut(&row.instance) {
                note.is_written = note.row(&row.instance) == row;
            }
        }
        Ok(())
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<String, Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Note {
    fn row(&self, instance: &str) -> VerifierRow {
        VerifierRow { instance: instance.to_owned(), etag: self.etag.clone(), seen_at: self.seen_at }
    }
}
