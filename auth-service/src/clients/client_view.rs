//! A client as operators and admins see it.

use serde::Serialize;
use shared::UnixTime;
use utoipa::ToSchema;

use super::{kind::Kind, registration::Registration, sent_registration::SentRegistration, store::ClientRow};

/// A client as operators and admins see it; its secret is not among it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClientView {
    /// Its id.
    pub client_id: String,
    pub kind: Kind,
    /// Where users may be sent back to after a login.
    pub redirect_uris: Vec<String>,
    /// Where users may be sent back to after a logout.
    pub post_logout_uris: Vec<String>,
    /// Whose pages may read responses (CORS).
    pub origins: Vec<String>,
    /// Where logout tokens are posted; null if nowhere.
    #[schema(required = true)]
    pub backchannel_logout_uri: Option<String>,
    /// Scopes that the client may request, space-separated.
    pub scope: String,
    /// Whether users are not asked for consent.
    pub first_party: bool,
    /// Whether authorization requests need a code challenge (PKCE).
    pub requires_pkce: bool,
    /// When it was added.
    pub created_at: UnixTime,
    /// When it last obtained a token; null if never.
    #[schema(required = true)]
    pub last_used_at: Option<UnixTime>,
    /// Until when the previous secret is valid; null if it is not.
    #[schema(required = true)]
    pub previous_secret_until: Option<UnixTime>,
    #[serde(skip)]
    #[schema(ignore)]
    registration: Registration,
}

impl ClientView {
    /// Of a row, unless it is one of a later release.
    pub fn of(row: &ClientRow, now: UnixTime) -> Option<Self> {
        let registration = row.registered()?.registration;
        let shown = SentRegistration::from(&registration);
        Some(Self {
            client_id: row.id.clone(),
            kind: shown.kind,
            redirect_uris: shown.redirect_uris,
            post_logout_uris: shown.post_logout_uris,
            origins: shown.origins,
            backchannel_logout_uri: shown.backchannel_logout_uri,
            scope: shown.scope.unwrap_or_default(),
            first_party: shown.first_party,
            requires_pkce: shown.requires_pkce,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            previous_secret_until: row.previous_until.filter(|until| now < *until),
            registration,
        })
    }

    /// What is registered of it.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }
}
