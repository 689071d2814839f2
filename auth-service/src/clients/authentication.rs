//! Authenticated clients and their credentials.

use shared::Secret;

use super::{client_secret::SecretHash, scopes::Scopes};

/// A client that has been authenticated.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// The scopes that it may request.
    pub scopes: Scopes,
    /// The hash of the secret that it sent.
    pub secret: SecretHash,
}

/// The credentials in a request.
pub struct SentCredentials {
    /// The client's id, as it was sent.
    pub id: String,
    /// The client's secret.
    pub secret: Secret,
}
