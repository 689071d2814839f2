//! Which user.

use crate::users::username::Username;

/// Which user something is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The one of that name, whatever its case.
    Named(Username),
    /// The one with that number.
    Numbered(i64),
    /// Nobody: a text that is no name is nobody's.
    Nobody,
}

impl Whom {
    /// The user whom a text names.
    pub fn named(text: &str) -> Self {
        text.parse().map_or(Self::Nobody, Self::Named)
    }
}
