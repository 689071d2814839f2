//! `POST /keys/{kid}/withdraw`.

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use service_kit::{ApiError, RequestError};
use shared::UnixTime;
use utoipa::ToSchema;

use super::{key_keeper::KeyKeeper, rotation::Withdrawn};
use crate::authority::recent_login::RecentAdmin;

/// The key that signs after one was withdrawn.
#[derive(Serialize, ToSchema)]
pub struct CurrentKey {
    /// Its key id.
    current: String,
}

/// `POST /keys/{kid}/withdraw`: removes a key from the JWKS immediately; verifiers reject its tokens once they have refreshed
/// the JWKS. For admins.
///
/// # Errors
/// 404 for a key that is not published.
pub async fn withdraw(
    RecentAdmin(admin): RecentAdmin,
    kid: Path<String>,
    keys: Data<KeyKeeper>,
) -> Result<Json<CurrentKey>, ApiError> {
    match keys.withdraw(kid.into_inner(), admin, UnixTime::now()).await? {
        Withdrawn::Done { current } => Ok(Json(CurrentKey { current })),
        Withdrawn::NoSuchKey => Err(RequestError::NotFound.into()),
    }
}
