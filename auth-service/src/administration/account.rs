//! A user as admins see it.

use serde::Serialize;
use shared::{Role, UnixTime, User};
use utoipa::ToSchema;

use crate::ids::UserId;

/// A user as admins see it. Times are seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    /// The id, which never changes.
    pub id: UserId,
    /// As registered.
    pub username: String,
    /// The current role.
    pub role: Role,
    /// Whether the user is prevented from logging in.
    pub disabled: bool,
    /// When the user registered.
    pub created_at: UnixTime,
    /// When the user last logged in with the password; null if never.
    #[schema(required = true)]
    pub last_login_at: Option<UnixTime>,
}

/// A change of an account; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The new role.
    pub role: Option<Role>,
    /// Whether the user is prevented from logging in.
    pub disabled: Option<bool>,
}

impl Account {
    /// Whether it is an admin who can log in.
    pub fn is_enabled_admin(&self) -> bool {
        self.role.is_admin() && !self.disabled
    }

    /// The account after the change.
    #[must_use]
    pub fn changed(&self, change: Change) -> Self {
        Self {
            role: change.role.unwrap_or_else(|| self.role.clone()),
            disabled: change.disabled.unwrap_or(self.disabled),
            ..self.clone()
        }
    }
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        Self { id: account.id.number(), username: account.username, role: account.role }
    }
}
