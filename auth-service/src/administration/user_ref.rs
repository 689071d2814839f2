//! A reference to a user.

use crate::{ids::UserId, users::username::Username};

/// Which user a change is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// The one with that name, case-insensitive.
    Name(Username),
    /// The one with that id.
    Id(UserId),
    /// No user, since this is not a valid username.
    InvalidName,
}

impl UserRef {
    /// The user named by a path or command line.
    pub fn named(text: &str) -> Self {
        text.parse().map_or(Self::InvalidName, Self::Name)
    }
}
