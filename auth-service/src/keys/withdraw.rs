//! `POST /keys/{kid}/withdraw`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde_json::json;
use service_kit::{ApiError, RequestError};
use shared::UnixTime;

use super::{key_keeper::KeyKeeper, rotation::Withdrawn};
use crate::authority::recent_login::RecentAdmin;

/// `POST /keys/{kid}/withdraw`: removes a key from the JWKS immediately; verifiers reject its tokens once they have refreshed
/// the JWKS. For admins.
///
/// # Errors
/// 404 for a key that is not published.
pub async fn withdraw(
    RecentAdmin(admin): RecentAdmin,
    kid: Path<String>,
    keys: Data<KeyKeeper>,
) -> Result<HttpResponse, ApiError> {
    match keys.withdraw(kid.into_inner(), admin, UnixTime::now()).await? {
        Withdrawn::Done { current } => Ok(HttpResponse::Ok().json(json!({ "current": current }))),
        Withdrawn::NoSuchKey => Err(RequestError::NotFound.into()),
    }
}
