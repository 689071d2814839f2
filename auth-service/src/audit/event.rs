//! Events that the audit log records.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de::Error};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// An event that the audit log records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The username or client id of the actor, if known.
    pub actor: Option<String>,
    /// What was done.
    pub action: Action,
    /// The affected user, client or key.
    pub subject: Option<String>,
    /// The address of the request, or a description if there is none.
    pub address: Option<String>,
    /// Details, for people.
    pub detail: Option<String>,
}

impl Event {
    /// The same with details.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// An unknown action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown action; expected one of {}", Action::NAMES.join(", "))]
pub struct UnknownAction;

impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Self::NAMES.iter().copied()));
        names.description(Some("What was done.")).into()
    }
}

impl ToSchema for Action {}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|action| action.name() == text).ok_or(UnknownAction)
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])+ $action:ident = $name:literal,)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $($(#[$doc])+ $action,)+
        }

        impl Action {
            const ALL: &[Self] = &[$(Self::$action),+];
            const NAMES: &[&str] = &[$($name),+];

            /// Its name in the log.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }
        }
    };
}

actions! {
    /// A user logged in.
    LoggedIn = "logged_in",
    /// A login was rejected.
    LogInFailed = "log_in_failed",
    /// A user logged out of the current session.
    LoggedOut = "logged_out",
    /// A client was added.
    ClientCreated = "client_created",
    /// What is registered of a client was changed.
    ClientChanged = "client_changed",
    /// A client was issued a new secret.
    ClientRotated = "client_rotated",
    /// A client was deleted, and its tokens were revoked.
    ClientDeleted = "client_deleted",
    /// A client's credentials were rejected.
    ClientRefused = "client_refused",
    /// A token was revoked by its holder.
    TokenRevoked = "token_revoked",
    /// An old refresh token was used again: its session was ended.
    RefreshTokenReused = "refresh_token_reused",
    /// A user granted scopes to an application.
    ConsentGranted = "consent_granted",
    /// An authorization code was used again: what it was exchanged for first has ended.
    CodeReused = "code_reused",
    /// A user ended their own sessions.
    SessionsEnded = "sessions_ended",
    /// A user registered.
    Registered = "registered",
    /// A user was created by someone else.
    UserCreated = "user_created",
    /// Users were created from a file.
    UsersImported = "users_imported",
    /// All users were written to a file.
    UsersExported = "users_exported",
    /// A user's role was changed.
    RoleChanged = "role_changed",
    /// A user was disabled.
    UserDisabled = "user_disabled",
    /// A user was enabled.
    UserEnabled = "user_enabled",
    /// A user was deleted.
    UserDeleted = "user_deleted",
    /// All sessions of a user were ended by someone else.
    SessionsRevoked = "sessions_revoked",
    /// A user changed the password.
    PasswordChanged = "password_changed",
    /// A password reset token was issued.
    PasswordResetOffered = "password_reset_offered",
    /// A password reset token was used.
    PasswordReset = "password_reset",
    /// A next signing key was published.
    KeyPublished = "key_published",
    /// The next signing key was activated.
    KeyActivated = "key_activated",
    /// A signing key was withdrawn.
    KeyWithdrawn = "key_withdrawn",
    /// A private key was exported.
    KeyExported = "key_exported",
    /// All keys were sealed under a new master key.
    KeysRewrapped = "keys_rewrapped",
    /// The oldest lines of this log were deleted.
    AuditPruned = "audit_pruned",
    /// The database comes from a backup: all sessions were ended.
    DatabaseRestored = "database_restored",
}
