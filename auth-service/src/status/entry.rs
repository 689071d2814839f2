//! An access token's entry in a status list.

/// An access token's entry: which list, and which place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The list's number.
    pub list_id: i64,
    /// The place in the list, from 0.
    pub idx: i64,
}

/// What has become of an access token (draft-ietf-oauth-status-list, section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// Taken back for good.
    Revoked = 1,
    /// Its claims no longer hold; a refresh brings new ones. The draft leaves this value to applications.
    ClaimsStale = 3,
}

impl TokenStatus {
    /// The value in the list.
    pub fn code(self) -> i64 {
        self as i64
    }
}

/// Whose access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A log-in's.
    Session(&'a str),
    /// A service's own.
    Client(&'a str),
}
