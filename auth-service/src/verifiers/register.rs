//! What verifiers say when they ask for the key set.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpRequest,
    http::header::{EntityTag, Header, IfNoneMatch},
};
use shared::{UnixTime, VERIFIER_HEADER};

use super::store::{self, VerifierRow};
use crate::{
    config::KeyConfig,
    db::{Db, DbError},
};

/// Notes which verifier holds which key set: the instance name and the entity tag that it sends when it asks again.
///
/// Anybody may claim to be a verifier. So a request only leaves a note in memory, as many as there is room for; they are
/// written together, once a second. They guard an early activation against honest mistakes, not against a liar.
pub struct VerifierRegister {
    db: Db,
    ttl: Duration,
    notes: Mutex<HashMap<String, Note>>,
}

struct Note {
    etag: String,
    seen_at: UnixTime,
    is_written: bool,
}

impl VerifierRegister {
    const MAX_NAME_LEN: usize = 100;

    /// A register in this database.
    pub fn new(db: Db, config: &KeyConfig) -> Self {
        Self { db, ttl: Duration::from_secs(config.verifier_ttl_secs), notes: Mutex::default() }
    }

    /// Notes who asks, if it says so. One that asks often with the same set is written down four times in its time to
    /// live.
    pub fn note(&self, req: &HttpRequest, now: UnixTime) {
        let Some((instance, etag)) = asking_verifier(req) else { return };
        let mut notes = self.notes();
        let is_news = match notes.get(instance) {
            Some(note) => note.etag != etag || now.since(note.seen_at) >= self.ttl / 4,
            None => notes.len() < usize::from(store::MAX_VERIFIERS),
        };
        if is_news {
            notes.insert(instance.to_owned(), Note { etag, seen_at: now, is_written: false });
        }
    }

    /// Writes the new notes, for every node to read.
    ///
    /// # Errors
    /// [`DbError`]; they are then written the next time.
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
        VerifierRow { instance: instance.to_owned(), etag: self.etag.clone(), seen_at: self.seen_at.seconds() }
    }
}

/// The instance name of a verifier and the entity tag of the key set that it holds; no tag if it holds none.
fn asking_verifier(req: &HttpRequest) -> Option<(&str, String)> {
    let instance = req.headers().get(VERIFIER_HEADER)?.to_str().ok()?;
    if instance.is_empty() || instance.len() > VerifierRegister::MAX_NAME_LEN {
        return None;
    }
    let etag = match IfNoneMatch::parse(req) {
        Ok(IfNoneMatch::Items(held)) => held.first().map(EntityTag::tag).unwrap_or_default().to_owned(),
        Ok(IfNoneMatch::Any) | Err(_) => String::new(),
    };
    (etag.len() <= VerifierRegister::MAX_NAME_LEN).then_some((instance, etag))
}
