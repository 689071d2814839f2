//! `POST /login`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, Form, JsonBody};
use shared::UnixTime;

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

/// A name and a password.
#[derive(Deserialize)]
pub struct Login {
    username: String,
    password: String,
}

impl Form for Login {
    const SHAPE: &'static str = r#"the texts "username" and "password""#;
}

/// A user that changes while the password is checked is checked again, so often at most.
const TRIES: usize = 3;

/// `POST /login`: trades a name and a password for a session: an access token and a refresh token.
///
/// # Errors
/// 401 without saying which of the two is wrong; 403 for a user who is disabled; 503 when too many log in at a time.
pub async fn login(
    form: JsonBody<Login>,
    origin: Origin,
    db: Data<Db>,
    hasher: Data<PasswordHasher>,
    sessions: Data<SessionIssuer>,
) -> Result<HttpResponse, ApiError> {
    let Login { username, password } = form.0;
    let password = Password::typed(password);
    for _ in 0..TRIES {
        let who = match authenticate(&db, &hasher, &username, password.clone()).await? {
            Outcome::Right(who) => who,
            Outcome::Disabled => {
                note_failed_log_in(&db, &username, &origin, "disabled").await;
                return Err(SessionError::UserDisabled.into());
            }
            Outcome::Wrong => break,
        };
        if let Some(issued) = sessions.begin(who, origin.clone(), UnixTime::now()).await? {
            return Ok(no_store(issued));
        }
    }
    note_failed_log_in(&db, &username, &origin, "wrong username or password").await;
    Err(SessionError::InvalidCredentials.into())
}
