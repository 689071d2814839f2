//! A new secret of a client.

use serde::Serialize;
use shared::Secret;
use utoipa::ToSchema;

use super::client_view::ClientView;

/// A client and its new secret, which is shown only once.
pub struct IssuedSecret {
    /// The client.
    pub client: ClientView,
    /// The secret; `None` for a public client.
    pub secret: Option<Secret>,
}

/// What the response shows of it.
#[derive(Serialize, ToSchema)]
pub struct ShownSecret {
    #[serde(flatten)]
    client: ClientView,
    /// Not shown again; absent for public clients, which have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_secret: Option<String>,
}

impl IssuedSecret {
    /// As it is shown to the person who receives it.
    pub fn shown(&self) -> ShownSecret {
        let client_secret = self.secret.as_ref().map(|secret| secret.expose().to_owned());
        ShownSecret { client: self.client.clone(), client_secret }
    }
}
