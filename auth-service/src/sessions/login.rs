//! `POST /login`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use shared::{
    UnixTime,
    service::{Form, JsonBody},
};

use super::{origin::Origin, session_issuer::SessionIssuer};
use crate::{
    audit::{
        self,
        event::{Action, Event},
    },
    db::{Db, DbError},
    error::ApiError,
    no_store::no_store,
    users::{
        authentication::{Outcome, authenticate},
        password::Password,
        password_hasher::PasswordHasher,
        username::Username,
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
                note_failure(&db, &username, &origin, "disabled").await;
                return Err(ApiError::UserDisabled);
            }
            Outcome::Wrong => break,
        };
        if let Some(issued) = sessions.begin(who, origin.clone(), UnixTime::now()).await? {
            return Ok(no_store(issued));
        }
    }
    note_failure(&db, &username, &origin, "wrong username or password").await;
    Err(ApiError::InvalidCredentials)
}

/// The answer does not depend on whether the line can be written.
pub(super) async fn note_failure(db: &Db, username: &str, origin: &Origin, why: &str) {
    let event = Event {
        actor: None,
        action: Action::LogInFailed,
        // What is no username may be a password that was typed into the wrong field.
        subject: username.parse::<Username>().ok().map(|username| username.as_str().to_owned()),
        address: origin.address.clone(),
        detail: Some(why.to_owned()),
    };
    let noted = db.write(move |conn| audit::store::insert(conn, &event, UnixTime::now()).map_err(DbError::from)).await;
    if let Err(error) = noted {
        log::error!("a failed log-in cannot be written into the audit log: {error:?}");
    }
}
