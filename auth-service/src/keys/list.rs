//! `GET /keys`.

use actix_web::web::{Data, Json};
use service_kit::ApiError;
use shared::UnixTime;

use super::{key_keeper::KeyKeeper, key_times::KeyTimes, report::KeyReport};
use crate::{authority::current_admin::CurrentAdmin, db::Db, verifiers::register::VerifierRegister};

/// `GET /keys`: the keys, their stages, and the verifiers that have them. For admins.
///
/// # Errors
/// 403 for non-admins.
pub async fn list(
    CurrentAdmin(admin): CurrentAdmin,
    keys: Data<KeyKeeper>,
    verifiers: Data<VerifierRegister>,
    times: Data<KeyTimes>,
    db: Data<Db>,
) -> Result<Json<KeyReport>, ApiError> {
    let now = UnixTime::now();
    verifiers.write(now).await?;
    let (ring, ttl) = (keys.ring(), times.verifier_ttl);
    Ok(Json(admin.read::<_, ApiError>(&db, now, move |conn| KeyReport::make(conn, &ring, ttl, now)).await?))
}
