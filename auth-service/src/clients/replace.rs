//! `PUT /clients/{id}`.

use actix_web::web::{Data, Json, Path};
use service_kit::{ApiError, JsonBody};
use shared::UnixTime;

use super::{client_view::ClientView, clients::Clients, sent_registration::SentRegistration, show::named};
use crate::authority::recent_login::RecentAdmin;

/// `PUT /clients/{id}`: replaces what is registered of a client; its kind stays. For admins; the role is read from the database.
///
/// # Errors
/// 400 for a registration that makes no sense; 403 without the role; 404 for an unknown id.
pub async fn replace(
    RecentAdmin(admin): RecentAdmin,
    id: Path<String>,
    form: JsonBody<SentRegistration>,
    clients: Data<Clients>,
) -> Result<Json<ClientView>, ApiError> {
    Ok(Json(clients.change(named(&id)?, |_| form.0, admin, UnixTime::now()).await?))
}
