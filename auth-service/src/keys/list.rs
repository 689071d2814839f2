//! `GET /keys`.

use actix_web::web::{Data, Json};
use service_kit::ApiError;
use shared::UnixTime;

use super::{key_keeper::KeyKeeper, key_times::KeyTimes, report::KeyReport};
use crate::{audit::current_admin::CurrentAdmin, db::Db, verifiers::register::VerifierRegister};

/// `GET /keys`: the keys, their stages, and the verifiers that have them. For admins.
///
/// # Errors
/// 403 for non-admins.
pub async fn list(
    _: CurrentAdmin,
    keys: Data<KeyKeeper>,
    verifiers: Data<VerifierRegister>,
    times: Data<KeyTimes>,
    db: Data<Db>,
) -> Result<Json<KeyReport>, ApiError> {
    verifiers.write(UnixTime::now()).await?;
    let (ring, ttl) = (keys.ring(), times.verifier_ttl);
    Ok(Json(db.run(move |conn| KeyReport::make(conn, &ring, ttl, UnixTime::now())).await?))
}
