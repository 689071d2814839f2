//! `POST /login`.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use shared::{
    UnixTime,
    service::{Form, JsonBody},
};

use super::issuer::TokenIssuer;
use crate::{
    db::Db,
    error::ApiError,
    keys::key_keeper::KeyKeeper,
    users::{
        self,
        password::Password,
        password_hasher::{PasswordHasher, Verdict},
        store::StoredUser,
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

/// `POST /login`: trades a name and a password for an access token.
///
/// # Errors
/// 401 without saying which of the two is wrong; 503 when too many log in at a time.
pub async fn login(
    form: JsonBody<Login>,
    db: Data<Db>,
    hasher: Data<PasswordHasher>,
    keys: Data<KeyKeeper>,
    issuer: Data<TokenIssuer>,
) -> Result<HttpResponse, ApiError> {
    let Login { username, password } = form.0;
    let found = find(&db, &username).await?;
    let stored_hash = found.as_ref().map(|stored| stored.password_hash.clone());
    let verdict = hasher.check(stored_hash, Password::typed(password)).await?;
    let StoredUser { user, password_hash } =
        found.filter(|_| verdict != Verdict::Wrong).ok_or(ApiError::InvalidCredentials)?;
    if let Verdict::RightAndRehashed(new) = verdict {
        let id = user.id;
        // It can wait for the next log-in.
        match db.write(move |conn| users::store::replace_hash(conn, id, &password_hash, &new)).await {
            Ok(_) => log::info!("the password hash of user {id} has today's parameters now"),
            Err(error) => log::warn!("the password hash of user {id} stays as it was: {error:?}"),
        }
    }
    let issued = issuer.issue(&user, &keys.ring(), UnixTime::now())?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(issued))
}

/// What is no username is nobody's.
async fn find(db: &Db, username: &str) -> Result<Option<StoredUser>, ApiError> {
    match username.parse::<Username>() {
        Ok(username) => Ok(db.run(move |conn| users::store::find_by_username(conn, &username)).await?),
        Err(_) => Ok(None),
    }
}
