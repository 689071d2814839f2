//! Which scopes a client has.

use std::{collections::BTreeSet, fmt, str::FromStr};

use shared::rules::is_scope_token;

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<String>);

/// An invalid list of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Scopes are printable ASCII without quotation marks and backslashes, separated by single spaces")]
pub struct InvalidScopes;

impl Scopes {
    /// What a token may carry, in bytes.
    const MAX_LEN: usize = 1000;

    /// Whether all of them are among `others`.
    pub fn are_among(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    /// Those that are among `others` too.
    #[must_use]
    pub fn intersection(&self, others: &Self) -> Self {
        Self(self.0.intersection(&others.0).cloned().collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Space-separated; `None` for none, since OAuth's grammar has no empty list.
    pub fn claim(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.to_string())
    }

    /// Each scope.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromStr for Scopes {
    type Err = InvalidScopes;

    /// Reads `scope` (RFC 6749, section 3.3); an empty string means no scope.
    fn from_str(text: &str) -> Result<Self, InvalidScopes> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let is_good = text.len() <= Self::MAX_LEN && text.split(' ').all(is_scope_token);
        if is_good { Ok(Self(text.split(' ').map(str::to_owned).collect())) } else { Err(InvalidScopes) }
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set() {
        let scopes: Scopes = "b a b".parse().unwrap();

        assert_eq!(scopes.to_string(), "a b");
        assert_eq!(scopes.claim().as_deref(), Some("a b"));
        assert!("a".parse::<Scopes>().unwrap().are_among(&scopes));
        assert!(!"a c".parse::<Scopes>().unwrap().are_among(&scopes));
    }

    #[test]
    fn without_scopes_there_is_no_scope_claim() {
        let none: Scopes = "".parse().unwrap();

        assert_eq!((none.claim(), none.are_among(&none)), (None, true));
    }

    #[test]
    fn an_invalid_scope_is_refused() {
        for text in [" ", "a  b", " a", "a ", "a\tb", "\"a\"", "a\\b", "ä", &"x".repeat(1001)] {
            assert_eq!(text.parse::<Scopes>(), Err(InvalidScopes), "{text:?}");
        }
    }
}
