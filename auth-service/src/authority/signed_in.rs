//! A user in a session.

use super::authority::Authority;
use crate::ids::{SessionId, UserId};

/// A user in a live session, who uses their own account.
pub struct SignedIn {
    /// The user.
    pub user: UserId,
    /// The name.
    pub username: String,
    /// The session.
    pub session: SessionId,
    /// What the user may do.
    pub authority: Authority,
}
