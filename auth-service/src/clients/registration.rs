//! What is registered of a client.

use service_kit::Origin;

use super::{backchannel_uri::BackchannelUri, kind::Kind, redirect_uri::RedirectUri, scopes::Scopes};

/// What is registered of a client. It is made from a [`SentRegistration`](super::sent_registration::SentRegistration), which is
/// checked there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// What kind of application it is.
    pub kind: Kind,
    /// Where users may be sent back to after a login.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where users may be sent back to after a logout.
    pub post_logout_uris: Vec<RedirectUri>,
    /// Whose pages may read responses (CORS).
    pub origins: Vec<Origin>,
    /// Where logout tokens are posted.
    pub backchannel_logout_uri: Option<BackchannelUri>,
    /// The scopes that it may request.
    pub scopes: Scopes,
    /// Whether users are not asked for consent, since the client is the operator's own.
    pub is_first_party: bool,
    /// Whether authorization requests need a code challenge.
    pub requires_pkce: bool,
}
