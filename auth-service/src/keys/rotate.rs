//! `POST /keys/rotate`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use service_kit::{ApiError, JsonBody};
use shared::UnixTime;
use utoipa::ToSchema;

use super::{key_keeper::KeyKeeper, rotation::Rotated};
use crate::{authority::recent_login::RecentAdmin, verifiers::register::VerifierRegister};

/// How to rotate.
#[derive(Deserialize, ToSchema)]
pub struct Rotation {
    /// Proceed even if verifiers lack the next key.
    #[serde(default)]
    force: bool,
}

/// The result of a rotation.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum RotatedKeys {
    /// A next key is published.
    Published {
        /// Its key id.
        next: String,
        /// When it begins to sign.
        active_from: UnixTime,
    },
    /// The next key signs now.
    Activated {
        /// Its key id.
        current: String,
    },
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
) -> Result<Json<RotatedKeys>, ApiError> {
    // So that recent requests of verifiers are taken into account.
    verifiers.write(UnixTime::now()).await?;
    match keys.rotate(form.0.force, admin, UnixTime::now()).await? {
        Rotated::Published { kid, active_from } => Ok(Json(RotatedKeys::Published { next: kid, active_from })),
        Rotated::Activated { kid } => Ok(Json(RotatedKeys::Activated { current: kid })),
        Rotated::Refused { lacking, .. } => Err(verifiers_lack_key(&lacking.join(", "))),
        Rotated::TooManyKeys => Err(too_many_keys()),
        Rotated::NextExists { .. } | Rotated::Known { .. } | Rotated::NothingNext => Err(keys_changed()),
    }
}

pub(super) fn verifiers_lack_key(lacking: &str) -> ApiError {
    let message = format!("These verifiers lack the next key: {lacking}; set \"force\" to activate it anyway");
    ApiError::conflict("verifiers_lack_key", message)
}

pub(super) fn too_many_keys() -> ApiError {
    ApiError::conflict("too_many_keys", "Verifiers accept no more published keys; wait until old ones have expired")
}

pub(super) fn keys_changed() -> ApiError {
    ApiError::conflict("keys_changed", "The keys were changed concurrently; check them and retry")
}
