//! An access token's entry in a status list.

use shared::{
    Claims,
    claims::{Status, StatusEntry},
};

use crate::ids::SessionId;

/// An access token's entry: which list, and which place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The list's number.
    pub list_id: i64,
    /// The place in the list, from 0.
    pub idx: i64,
}

impl Entry {
    /// The `status` claim of the token that has it. [`uri`] says what lists are called.
    ///
    /// An entry's numbers are never below 0.
    pub fn claim(&self, issuer: &str) -> Status {
        let idx = self.idx.unsigned_abs();
        Status::list_entry(uri(issuer, self.list_id), idx)
    }

    /// The entry that a token of this issuer names, if it names one.
    pub fn of_claims(claims: &Claims, issuer: &str) -> Option<Self> {
        let StatusEntry { idx, uri } = claims.status.as_ref()?.status_list.as_ref()?;
        let list_id = uri.strip_prefix(issuer)?.strip_prefix(LISTS)?.parse().ok()?;
        Some(Self { list_id, idx: i64::try_from(*idx).ok()? })
    }
}

const LISTS: &str = "/status-lists/";

/// The address of a list, which is also its name.
pub fn uri(issuer: &str, list_id: i64) -> String {
    format!("{issuer}{LISTS}{list_id}")
}

/// What an access token was issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A user's session.
    Session(SessionId),
    /// A client as itself.
    Client(&'a str),
}
