//! The id of a client.

use std::{fmt, str::FromStr};

use super::kind::Kind;
use crate::users::username::CLIENT_SUFFIX;

/// The id of a client: `reports@clients` for a service, whose tokens have it in `sub`, where usernames never have this suffix;
/// `shop` for other kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(String);

/// The name by which people refer to a client: `reports`, or with the suffix. No two clients differ by the suffix only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientName {
    name: String,
    has_suffix: bool,
}

/// An invalid client id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "A client name must be 1 to 60 lowercase letters, digits, dots, hyphens and underscores, starting with a letter or digit; \
     services may have the suffix @clients"
)]
pub struct InvalidClientId;

impl ClientId {
    /// With its suffix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ClientName {
    const MAX_LEN: usize = 60;

    /// The id of a client of that kind and name.
    ///
    /// # Errors
    /// [`InvalidClientId`] if the name has the suffix of services, and the kind is another.
    pub fn id(&self, kind: Kind) -> Result<ClientId, InvalidClientId> {
        match (kind, self.has_suffix) {
            (Kind::Service, _) => Ok(self.service_id()),
            (_, false) => Ok(self.plain_id()),
            (_, true) => Err(InvalidClientId),
        }
    }

    /// The ids that this may mean.
    pub fn ids(&self) -> [ClientId; 2] {
        let service = self.service_id();
        if self.has_suffix { [service.clone(), service] } else { [self.plain_id(), service] }
    }

    /// The ids of which one at most may be taken.
    pub fn rivals(&self) -> [ClientId; 2] {
        [self.plain_id(), self.service_id()]
    }

    fn plain_id(&self) -> ClientId {
        ClientId(self.name.clone())
    }

    fn service_id(&self) -> ClientId {
        ClientId(format!("{}{CLIENT_SUFFIX}", self.name))
    }
}

impl FromStr for ClientName {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        let name = text.strip_suffix(CLIENT_SUFFIX).unwrap_or(text);
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_good = name.len() <= Self::MAX_LEN
            && name.starts_with(is_plain)
            && name.chars().all(|c| is_plain(c) || matches!(c, '.' | '-' | '_'));
        let has_suffix = name.len() != text.len();
        if is_good { Ok(Self { name: name.to_owned(), has_suffix }) } else { Err(InvalidClientId) }
    }
}

/// As it was given.
impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, if self.has_suffix { CLIENT_SUFFIX } else { "" })
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    /// Reads a whole id: without the suffix, it is not that of a service.
    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        let name: ClientName = text.parse()?;
        Ok(if name.has_suffix { name.service_id() } else { name.plain_id() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::username::Username;

    #[test]
    fn the_id_of_a_service_is_its_name_with_a_suffix_that_no_username_has() {
        for text in ["reports", "reports@clients", "a", "0-day_x.y", &"x".repeat(60)] {
            let name: ClientName = text.parse().unwrap();

            let id = name.id(Kind::Service).unwrap();

            assert!(id.as_str().ends_with("@clients") && id.as_str().starts_with(text), "{text}");
            assert!(id.as_str().parse::<Username>().is_err());
        }
    }

    #[test]
    fn the_id_of_another_client_is_its_name() {
        for kind in [Kind::Web, Kind::Browser, Kind::Native] {
            assert_eq!("shop".parse::<ClientName>().unwrap().id(kind).unwrap().as_str(), "shop");
            assert_eq!("shop@clients".parse::<ClientName>().unwrap().id(kind), Err(InvalidClientId));
        }
    }

    #[test]
    fn an_invalid_name_is_refused() {
        let too_long = "x".repeat(61);

        for text in ["", "@clients", "-x", ".x", "Reports", "a b", "a@b", "x@clients@clients", "ü", "a:b", &too_long] {
            assert_eq!(text.parse::<ClientName>(), Err(InvalidClientId), "{text:?}");
            assert_eq!(text.parse::<ClientId>(), Err(InvalidClientId), "{text:?}");
        }
    }
}
