//! Ids of sessions.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

/// The id of a session: the SHA-256 hash of the cookie, so that a copy of the sessions opens none of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 32]);

impl SessionId {
    pub(super) fn of_cookie(cookie: &str) -> Self {
        let mut id = [0; 32];
        id.copy_from_slice(digest(&SHA256, cookie.as_bytes()).as_ref());
        Self(id)
    }

    /// As bytes, for a table's key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(***)")
    }
}
