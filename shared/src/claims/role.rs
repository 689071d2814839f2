//! Roles of users.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

/// A role's name: 1 to 20 lowercase letters, digits, `-` and `_`, starting with a letter.
///
/// `user` and `admin` are predefined; issuers may add others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[a-z][a-z0-9_-]{0,19}$"))]
pub struct Role(Cow<'static, str>);

impl Role {
    /// Administrators.
    pub const ADMIN: Self = Self(Cow::Borrowed("admin"));
    /// Ordinary users; the role after registration.
    pub const USER: Self = Self(Cow::Borrowed("user"));

    const MAX_LEN: usize = 20;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is [`Role::ADMIN`].
    pub fn is_admin(&self) -> bool {
        *self == Self::ADMIN
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An invalid role name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role must be 1 to 20 lowercase letters, digits, '-' and '_', starting with a letter")]
pub struct InvalidRole;

impl FromStr for Role {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        let begins_well = text.starts_with(|first: char| first.is_ascii_lowercase());
        let goes_on_well = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if begins_well && goes_on_well && text.len() <= Self::MAX_LEN {
            Ok(match text {
                "admin" => Self::ADMIN,
                "user" => Self::USER,
                other => Self(Cow::Owned(other.to_owned())),
            })
        } else {
            Err(InvalidRole)
        }
    }
}

impl TryFrom<String> for Role {
    type Error = InvalidRole;

    fn try_from(text: String) -> Result<Self, InvalidRole> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.0.into_owned()
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
