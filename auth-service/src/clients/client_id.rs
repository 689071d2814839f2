//! The id of a client.

use std::str::FromStr;

use crate::users::username::CLIENT_SUFFIX;

/// The id of a client: `reports@clients`. Usernames never have this suffix, so users and clients cannot be confused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(String);

/// An invalid client id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "A client name must be 1 to 60 lowercase letters, digits, dots, hyphens and underscores, starting with a letter or digit; \
     the suffix @clients is optional"
)]
pub struct InvalidClientId;

impl ClientId {
    const MAX_LEN: usize = 60;

    /// With its suffix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    /// Also accepts the name without the suffix.
    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        let name = text.strip_suffix(CLIENT_SUFFIX).unwrap_or(text);
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_good = name.len() <= Self::MAX_LEN
            && name.starts_with(is_plain)
            && name.chars().all(|c| is_plain(c) || matches!(c, '.' | '-' | '_'));
        if is_good { Ok(Self(format!("{name}{CLIENT_SUFFIX}"))) } else { Err(InvalidClientId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::username::Username;

    #[test]
    fn an_id_is_a_plain_name_with_the_suffix_of_clients() {
        for text in ["reports", "reports@clients", "a", "0-day_x.y", &"x".repeat(60)] {
            let id: ClientId = text.parse().unwrap();

            assert!(id.as_str().ends_with("@clients") && id.as_str().starts_with(text), "{text}");
            assert!(id.as_str().parse::<Username>().is_err());
        }
    }

    #[test]
    fn an_invalid_name_is_refused() {
        let too_long = "x".repeat(61);

        for text in ["", "@clients", "-x", ".x", "Reports", "a b", "a@b", "x@clients@clients", "ü", "a:b", &too_long] {
            assert_eq!(text.parse::<ClientId>(), Err(InvalidClientId), "{text:?}");
        }
    }
}
