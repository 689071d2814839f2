//! `POST /clients`.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, LOCATION},
    web::Data,
};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody};
use shared::UnixTime;
use utoipa::ToSchema;

use super::{clients::Clients, error::ClientError, kind::Kind, sent_registration::SentRegistration};
use crate::authority::recent_login::RecentAdmin;

/// A new client.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// The id of a service is the name with the suffix `@clients`, that of other clients the name.
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,59}(@clients)?$")]
    name: String,
    #[serde(default)]
    #[schema(inline, required = false)]
    kind: Kind,
    /// Where users may be sent back to after a login; compared as strings, but for the port of a native client's loopback address.
    #[serde(default)]
    #[schema(max_items = 20)]
    redirect_uris: Vec<String>,
    /// Where users may be sent back to after a logout.
    #[serde(default)]
    #[schema(max_items = 20)]
    post_logout_uris: Vec<String>,
    /// Whose pages may read responses (CORS).
    #[serde(default)]
    #[schema(max_items = 20)]
    origins: Vec<String>,
    /// Where logout tokens are posted.
    backchannel_logout_uri: Option<String>,
    /// Scopes that the client may request, space-separated. Default: none for a service, otherwise `openid profile email
    /// offline_access`.
    scope: Option<String>,
    /// Whether users are not asked for consent.
    #[serde(default)]
    first_party: bool,
    /// Whether authorization requests need a code challenge (PKCE); `false` for web clients only. Default: true.
    requires_pkce: Option<bool>,
}

/// `POST /clients`: adds a client and returns its secret, which is not shown again. For admins; the role is read from the
/// database.
///
/// # Errors
/// 400 for a client that makes no sense; 403 without the role; 409 for a name that is taken.
pub async fn create(
    RecentAdmin(admin): RecentAdmin,
    form: JsonBody<NewClient>,
    clients: Data<Clients>,
) -> Result<HttpResponse, ApiError> {
    let NewClient { name, .. } = &form.0;
    let name = name.parse().map_err(ClientError::from)?;
    let registration = SentRegistration::from(form.0).parse().map_err(ClientError::from)?;
    let issued = clients.create(name, registration, admin, UnixTime::now(), Ok).await?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/clients/{}", issued.client.client_id)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(issued.shown()))
}

impl From<NewClient> for SentRegistration {
    fn from(new: NewClient) -> Self {
        Self {
            kind: new.kind,
            redirect_uris: new.redirect_uris,
            post_logout_uris: new.post_logout_uris,
            origins: new.origins,
            backchannel_logout_uri: new.backchannel_logout_uri,
            scope: new.scope,
            first_party: new.first_party,
            requires_pkce: new.requires_pkce.unwrap_or(true),
        }
    }
}
