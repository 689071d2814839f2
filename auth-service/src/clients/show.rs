//! `GET /clients/{id}`.

use actix_web::web::{Data, Json, Path};
use service_kit::ApiError;
use shared::UnixTime;

use super::{client_id::ClientName, client_view::ClientView, clients::Clients, error::ClientError};
use crate::authority::current_admin::CurrentAdmin;

/// `GET /clients/{id}`: what is registered of a client. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown id.
pub async fn show(
    CurrentAdmin(admin): CurrentAdmin,
    id: Path<String>,
    clients: Data<Clients>,
) -> Result<Json<ClientView>, ApiError> {
    Ok(Json(clients.find(named(&id)?, admin, UnixTime::now()).await?))
}

/// The name in a path. No client has an invalid one.
///
/// # Errors
/// [`ClientError::NoSuchClient`].
pub fn named(id: &str) -> Result<ClientName, ClientError> {
    id.parse().map_err(|_| ClientError::NoSuchClient)
}
