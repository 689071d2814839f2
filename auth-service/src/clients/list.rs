//! `GET /clients`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use service_kit::{ApiError, QueryString, RequestError};
use shared::UnixTime;
use utoipa::{IntoParams, ToSchema};

use super::{client_id::ClientId, client_view::ClientView, clients::Clients};
use crate::{authority::current_admin::CurrentAdmin, page::Limit};

/// The requested page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ClientQuery {
    /// Only clients with an id that follows this one.
    #[param(nullable = false, pattern = "^[a-z0-9][a-z0-9._-]{0,59}(@clients)?$")]
    after: Option<String>,
    /// The maximum number of results.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
pub struct ClientList {
    clients: Vec<ClientView>,
    /// The value of `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_after: Option<String>,
}

/// `GET /clients`: all clients, in the order of their ids. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role.
pub async fn list(
    CurrentAdmin(admin): CurrentAdmin,
    query: QueryString<ClientQuery>,
    clients: Data<Clients>,
) -> Result<Json<ClientList>, ApiError> {
    let ClientQuery { after, limit } = query.0;
    let after = after.map(|after| after.parse::<ClientId>()).transpose();
    let after = after.map_err(|error| RequestError::InvalidQuery(format!("`after`: {error}")))?;
    let (clients, next_after) = clients.page(after, limit.count(), admin, UnixTime::now()).await?;
    Ok(Json(ClientList { clients, next_after }))
}
