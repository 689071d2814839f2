//! What is worth a line in the audit log.

/// Something that happened, as the audit log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it: a username or a client's id, if that is known.
    pub actor: Option<String>,
    /// What was done.
    pub action: Action,
    /// Whom or what it was done to.
    pub subject: Option<String>,
    /// Where the request came from; `None` for the command line.
    pub address: Option<String>,
    /// What else is to be known, in words.
    pub detail: Option<String>,
}

macro_rules! actions {
    ($($(#[$doc:meta])+ $action:ident = $name:literal,)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])+ $action,)+
        }

        impl Action {
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
    /// A log-in was refused.
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
}
