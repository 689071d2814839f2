//! Who logs in at the issuer.

use crate::secret::Secret;

/// Who logs in at the issuer. Neither password nor secret is ever printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A service as itself (RFC 6749, section 4.4): what `auth-service clients create` gives out.
    Client {
        /// The client's id.
        id: String,
        /// Its secret.
        secret: Secret,
        /// Space-separated names; `None` requests all scopes of the client.
        scope: Option<String>,
    },
    /// A user, at `POST /login`.
    Password {
        /// The name to log in with.
        username: String,
        /// The password.
        password: Secret,
    },
}

impl Credentials {
    /// A service as itself, with all the scopes that it may have.
    pub fn client(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Client { id: id.into(), secret: Secret::new(secret.into()), scope: None }
    }

    /// A user.
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Password { username: username.into(), password: Secret::new(password.into()) }
    }

    /// A service with these scopes only; a user has none.
    #[must_use]
    pub fn with_scope(mut self, wanted: impl Into<String>) -> Self {
        if let Self::Client { scope, .. } = &mut self {
            *scope = Some(wanted.into());
        }
        self
    }
}
