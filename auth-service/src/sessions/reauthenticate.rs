//! `POST /reauthenticate`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, uninterrupted};
use shared::{AuthError, CurrentUser, Jwt, UnixTime, User};
use utoipa::ToSchema;

use super::sessions::Sessions;
use crate::{client_info::ClientInfo, ids::SessionId, no_store::no_store, users::password::Password};

/// The password.
#[derive(Deserialize, ToSchema)]
pub struct Reauthentication {
    #[schema(format = Password)]
    password: String,
}

/// `POST /reauthenticate`: issues a fresh access token for the same session (RFC 9470, section 4).
///
/// # Errors
/// 401 for a wrong password, and for a session that has ended; 503 if the hashing queue is full.
pub async fn reauthenticate(
    jwt: Jwt,
    user: CurrentUser<User>,
    form: JsonBody<Reauthentication>,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let session = SessionId::of_claims(&jwt).ok_or(AuthError::Revoked)?;
    let password = Password::typed(form.0.password);
    uninterrupted(async move {
        Ok(no_store(sessions.reauthenticate(&user, session, password, client, UnixTime::now()).await?))
    })
    .await
}
