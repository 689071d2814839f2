//! What is worth a line in the audit log.

use std::str::FromStr;

/// Something that happened, as the audit log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it: a username or a client's id, if that is known.
    pub actor: Option<String>,
    /// What was done.
    pub action: Action,
    /// Whom or what it was done to.
    pub subject: Option<String>,
    /// Where it came from: an IP address, or words for what is no request.
    pub address: Option<String>,
    /// What else is to be known, in words.
    pub detail: Option<String>,
}

impl Event {
    /// The same, and what else is to be known.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// A text that is not the name of an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such action; there are {}", Action::NAMES.join(", "))]
pub struct UnknownAction;

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|action| action.name() == text).ok_or(UnknownAction)
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])+ $action:ident = $name:literal,)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A login was refused.
    LogInFailed = "log_in_failed",
    /// A client was added.
    ClientCreated = "client_created",
    /// A client got a new secret.
    ClientRotated = "client_rotated",
    /// A client was removed, and its tokens were taken back.
    ClientDeleted = "client_deleted",
    /// A client's id and secret were refused.
    ClientRefused = "client_refused",
    /// A token was taken back by whoever held it.
    TokenRevoked = "token_revoked",
    /// A refresh token of a generation long gone was used: its session is over.
    RefreshTokenReused = "refresh_token_reused",
    /// A user ended sessions of their own.
    SessionsEnded = "sessions_ended",
    /// Somebody registered.
    Registered = "registered",
    /// A user was made by somebody else.
    UserCreated = "user_created",
    /// A user has another role.
    RoleChanged = "role_changed",
    /// A user may not log in any more.
    UserDisabled = "user_disabled",
    /// A user may log in again.
    UserEnabled = "user_enabled",
    /// A user is gone.
    UserDeleted = "user_deleted",
    /// All sessions of a user were ended by somebody else.
    SessionsRevoked = "sessions_revoked",
    /// A user chose another password.
    PasswordChanged = "password_changed",
    /// A token was made with which a user may choose a password anew.
    PasswordResetOffered = "password_reset_offered",
    /// It was used.
    PasswordReset = "password_reset",
    /// A next signing key was published.
    KeyPublished = "key_published",
    /// The next signing key was made to sign.
    KeyActivated = "key_activated",
    /// A signing key was taken out of the set.
    KeyWithdrawn = "key_withdrawn",
    /// A private key was opened, to be written to a file.
    KeyExported = "key_exported",
    /// All keys were sealed under another master key.
    KeysRewrapped = "keys_rewrapped",
    /// The oldest lines of this log were deleted.
    AuditPruned = "audit_pruned",
}
