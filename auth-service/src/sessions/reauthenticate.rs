//! `POST /reauthenticate`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, uninterrupted};
use shared::UnixTime;
use utoipa::ToSchema;

use super::sessions::Sessions;
use crate::{
    authority::current_session::CurrentSession, client_info::ClientInfo, no_store::no_store, users::password::Password,
};

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
    CurrentSession(me): CurrentSession,
    form: JsonBody<Reauthentication>,
    client: ClientInfo,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let password = Password::typed(form.0.password);
    uninterrupted(async move { Ok(no_store(sessions.reauthenticate(me, password, client, UnixTime::now()).await?)) })
        .await
}
