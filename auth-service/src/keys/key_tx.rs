//! A change of the keys in progress.

use diesel::QueryResult;
use shared::UnixTime;

use super::{error::Stop, key_ring::KeyRing, store::KeyRow};
use crate::{
    audit::{self, event::Event},
    db::{Abort, DbConnection},
};

/// A change of the keys in progress, in a transaction that no other node can get into.
pub struct KeyTx<'c> {
    /// The transaction.
    pub conn: &'c mut DbConnection,
    /// The keys as they are now.
    pub ring: &'c KeyRing,
    /// When the change is made.
    pub now: UnixTime,
    /// The new key, if the change has asked for one.
    pub fresh: Option<&'c KeyRow>,
}

impl<'c> KeyTx<'c> {
    /// The new key.
    ///
    /// # Errors
    /// [`Stop::NeedsKey`], which is to be passed on.
    pub fn fresh(&self) -> Result<&'c KeyRow, Abort<Stop>> {
        self.fresh.ok_or(Abort::Refused(Stop::NeedsKey))
    }

    /// Records an audit event.
    pub fn audit(&mut self, event: &Event) -> QueryResult<()> {
        audit::store::insert(self.conn, event, self.now)
    }
}
