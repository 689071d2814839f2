//! `POST /reauthenticate`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, Form, JsonBody};
use shared::{AuthError, CurrentUser, Jwt, UnixTime, User};

use super::{error::SessionError, failed_log_in::note_failed_log_in, session_issuer::SessionIssuer};
use crate::{
    db::Db,
    no_store::no_store,
    origin::Origin,
    users::{
        authentication::{Outcome, authenticate},
        password::Password,
        password_hasher::PasswordHasher,
    },
};

/// The password once more.
#[derive(Deserialize)]
pub struct Reauthentication {
    password: String,
}

impl Form for Reauthentication {
    const SHAPE: &'static str = r#"the text "password""#;
}

/// `POST /reauthenticate`: trades the password for a fresh access token of the same session (RFC 9470, section 4).
///
/// # Errors
/// 401 for another password, and for a session that is over; 503 when too many log in at a time.
pub async fn reauthenticate(
    jwt: Jwt,
    CurrentUser(user): CurrentUser<User>,
    form: JsonBody<Reauthentication>,
    origin: Origin,
    db: Data<Db>,
    hasher: Data<PasswordHasher>,
    sessions: Data<SessionIssuer>,
) -> Result<HttpResponse, ApiError> {
    let session = jwt.sid.clone().ok_or(AuthError::Revoked)?;
    let password = Password::typed(form.0.password);
    let who = match authenticate(&db, &hasher, &user.username, password).await? {
        Outcome::Right(who) if who.user_id == user.id => who,
        _ => {
            note_failed_log_in(&db, &user.username, &origin, "wrong password at re-authentication").await;
            return Err(SessionError::InvalidCredentials.into());
        }
    };
    let issued = sessions.reauthenticate(session, who, UnixTime::now()).await?;
    Ok(issued.map(no_store).ok_or(SessionError::InvalidCredentials)?)
}
