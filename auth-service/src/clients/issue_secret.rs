//! `POST /clients/{id}/secret`.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody};
use shared::UnixTime;
use utoipa::ToSchema;

use super::{clients::Clients, show::named};
use crate::{authority::recent_login::RecentAdmin, no_store::no_store};

/// How the secret is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRotation {
    /// For how many seconds the previous secret remains valid. 0 revokes it and all tokens of the client immediately: for a leaked
    /// secret.
    #[serde(default = "a_day")]
    #[schema(value_type = u64, maximum = 4_294_967_295_i64)]
    grace_secs: u32,
}

/// `POST /clients/{id}/secret`: issues a new secret, which is not shown again. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role; 404 for an unknown id; 409 for a public client, which has no secret.
pub async fn issue_secret(
    RecentAdmin(admin): RecentAdmin,
    id: Path<String>,
    form: JsonBody<SecretRotation>,
    clients: Data<Clients>,
) -> Result<HttpResponse, ApiError> {
    let grace = Duration::from_secs(form.0.grace_secs.into());
    let issued = clients.rotate(named(&id)?, grace, admin, UnixTime::now(), Ok).await?;
    Ok(no_store(issued.shown()))
}

fn a_day() -> u32 {
    86_400
}
