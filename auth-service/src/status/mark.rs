//! A change of the status of access tokens.

use shared::status::TokenStatus;

use super::entry::Entry;
use crate::ids::{SessionId, UserId};

/// A change of the status of access tokens that have not expired yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The tokens.
    pub of: TokensOf,
    /// Their new status. A token that is revoked stays revoked.
    pub status: TokenStatus,
}

/// Which access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokensOf {
    /// The one with this entry.
    Entry(Entry),
    /// Those of a session.
    Session(SessionId),
    /// Those of the sessions that belong to a browser session.
    Browser(SessionId),
    /// Those of all sessions of a user.
    User {
        /// The user.
        id: UserId,
        /// The one session whose tokens stay as they are.
        except: Option<SessionId>,
    },
    /// Those of a client: its own, and those that it has of users.
    Client(String),
}

impl Mark {
    /// These tokens are revoked.
    pub fn revoked(of: TokensOf) -> Self {
        Self { of, status: TokenStatus::Revoked }
    }

    /// The claims of these tokens are stale; a refresh returns new ones.
    pub fn claims_stale(of: TokensOf) -> Self {
        Self { of, status: TokenStatus::ClaimsStale }
    }
}
