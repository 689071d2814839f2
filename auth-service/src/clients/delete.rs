//! `DELETE /clients/{id}`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::ApiError;
use shared::UnixTime;

use super::{clients::Clients, show::named};
use crate::authority::recent_login::RecentAdmin;

/// `DELETE /clients/{id}`: removes a client and revokes its tokens. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown id.
pub async fn delete(
    RecentAdmin(admin): RecentAdmin,
    id: Path<String>,
    clients: Data<Clients>,
) -> Result<HttpResponse, ApiError> {
    clients.delete(named(&id)?, admin, UnixTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
