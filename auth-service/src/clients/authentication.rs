//! Authenticated clients and their credentials.

use shared::{Role, Secret, User};

use super::{client_secret::SecretHash, kind::Kind, scopes::Scopes};

/// A client that has been authenticated, or that is public and has only said who it is.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// The scopes that it may request.
    pub scopes: Scopes,
    /// The hash of the secret that it sent; `None` for a public client, whose id proves nothing.
    pub secret: Option<SecretHash>,
    /// What kind of application it is.
    pub kind: Kind,
    /// Whether it is the operator's own.
    pub is_first_party: bool,
}

impl Client {
    /// A user as the tokens of this client describe them. Only first-party clients get the user's own role; others get the role
    /// `user`, since an admin who consents to a login does not hand over an admin's rights.
    pub fn user(&self, user: User) -> User {
        if self.is_first_party { user } else { User { role: Role::USER, ..user } }
    }
}

/// The credentials in a request.
pub struct SentCredentials {
    /// The client's id, as it was sent.
    pub id: String,
    /// The client's secret; public clients have none.
    pub secret: Option<Secret>,
}
