//! A user as admins see it.

use serde::Serialize;
use shared::{Role, UnixTime, User};

/// A user as admins see it. Times are seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The number, for life.
    pub id: i64,
    /// As registered.
    pub username: String,
    /// The role of now.
    pub role: Role,
    /// Whether the user may not log in.
    pub disabled: bool,
    /// When the user registered.
    pub created_at: UnixTime,
    /// When the user last gave the password; `None` if never.
    pub last_login_at: Option<UnixTime>,
}

/// What is to be other than it is; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The role.
    pub role: Option<Role>,
    /// Whether the user may not log in.
    pub disabled: Option<bool>,
}

impl Account {
    /// Whether it can administer.
    pub fn is_enabled_admin(&self) -> bool {
        self.role.is_admin() && !self.disabled
    }

    /// The same account afterwards.
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
        Self { id: account.id, username: account.username, role: account.role }
    }
}
