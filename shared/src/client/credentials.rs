//! Credentials for the issuer.

use crate::secret::Secret;

/// Credentials for the issuer. `Debug` prints neither password nor secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A client (RFC 6749, section 4.4), created with `auth-service clients create`.
    Client {
        /// The client id.
        id: String,
        /// The client secret.
        secret: Secret,
        /// The requested scopes, space-separated; `None` requests all scopes of the client.
        scope: Option<String>,
    },
    /// A user, who logs in with `POST /login`.
    Password {
        /// The username.
        username: String,
        /// The password.
        password: Secret,
    },
}

impl Credentials {
    /// Credentials of a client, for all its scopes.
    pub fn client(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Client { id: id.into(), secret: Secret::new(secret.into()), scope: None }
    }

    /// Credentials of a user.
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Password { username: username.into(), password: Secret::new(password.into()) }
    }

    /// Requests only these scopes (space-separated). Has no effect for users.
    #[must_use]
    pub fn with_scope(mut self, wanted: impl Into<String>) -> Self {
        if let Self::Client { scope, .. } = &mut self {
            *scope = Some(wanted.into());
        }
        self
    }
}
