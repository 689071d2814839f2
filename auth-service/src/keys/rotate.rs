//! `POST /keys/rotate`.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Deserialize;
use serde_json::json;
use service_kit::{ApiError, JsonBody};
use shared::{UnixTime, errors::ErrorBody};

use super::{key_keeper::KeyKeeper, rotation::Rotated};
use crate::{authority::recent_login::RecentAdmin, verifiers::register::VerifierRegister};

/// How to rotate.
#[derive(Deserialize)]
pub struct Rotation {
    #[serde(default)]
    force: bool,
}

/// `POST /keys/rotate`: publishes a next key; activates it if there is one already. For admins.
///
/// # Errors
/// 409 while live verifiers lack the next key, with their names; `force` overrides that.
pub async fn rotate(
    RecentAdmin(admin): RecentAdmin,
    form: JsonBody<Rotation>,
    keys: Data<KeyKeeper>,
    verifiers: Data<VerifierRegister>,
) -> Result<HttpResponse, ApiError> {
    // So that recent requests of verifiers are taken into account.
    verifiers.write(UnixTime::now()).await?;
    Ok(match keys.rotate(form.0.force, admin, UnixTime::now()).await? {
        Rotated::Published { kid, active_from } => {
            HttpResponse::Ok().json(json!({ "next": kid, "active_from": active_from }))
        }
        Rotated::Activated { kid } => HttpResponse::Ok().json(json!({ "current": kid })),
        Rotated::Refused { lacking, .. } => {
            let message = format!(
                "These verifiers lack the next key: {}; set \"force\" to activate it anyway",
                lacking.join(", ")
            );
            ErrorBody::new("verifiers_lack_key", message).to_response(StatusCode::CONFLICT)
        }
        Rotated::TooManyKeys => {
            let message = "Verifiers accept no more published keys; wait until old ones have expired";
            ErrorBody::new("too_many_keys", message).to_response(StatusCode::CONFLICT)
        }
        Rotated::NextExists { .. } | Rotated::Known { .. } | Rotated::NothingNext => {
            ErrorBody::new("keys_changed", "The keys were changed concurrently; check them and retry")
                .to_response(StatusCode::CONFLICT)
        }
    })
}
