//! A position in the list of a user's sessions.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected},
};
use shared::UnixTime;

use super::session::Session;
use crate::ids::SessionId;

/// A position in the list of a user's sessions, the most recently used first. As text: `<last use>.<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When the session before was last used.
    pub last_used_at: UnixTime,
    /// Its id.
    pub id: SessionId,
}

impl Position {
    /// Before all sessions.
    pub const START: Self =
        Self { last_used_at: UnixTime::from_seconds(i64::MAX), id: SessionId::from_bytes([u8::MAX; 16]) };

    /// Right after this session.
    pub fn after(session: &Session) -> Self {
        Self { last_used_at: session.last_used_at, id: session.id }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.last_used_at.seconds(), self.id)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (last_used_at, id) = text.split_once('.').ok_or(())?;
        let last_used_at = UnixTime::from_seconds(last_used_at.parse().map_err(|_| ())?);
        Ok(Self { last_used_at, id: id.parse().map_err(|_| ())? })
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| D::Error::invalid_value(Unexpected::Str(&text), &"the `next_after` of another page"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        for text in ["1795538256.01997d2e-6f3b-7c9e-8a51-0c6a5c1d2e3f", "-1.00000000-0000-0000-0000-000000000000"] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        for text in ["", ".", "1.", "1", "x.01997d2e-6f3b-7c9e-8a51-0c6a5c1d2e3f", "1.x"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }
}
