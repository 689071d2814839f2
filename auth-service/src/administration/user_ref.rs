//! A reference to a user.

use crate::{ids::UserId, users::username::Username};

/// Which user a change is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// The one with that name, whatever its case.
    Name(Username),
    /// The one with that number.
    Id(UserId),
    /// Nobody, since no username is like this.
    InvalidName,
}

impl UserRef {
    /// The user that a path or a command line names.
    pub fn named(text: &str) -> Self {
        text.parse().map_or(Self::InvalidName, Self::Name)
    }
}
