//! Whether a name and a password belong together.

use super::{
    argon2id::Verdict, hash_threads::Busy, password::Password, password_hasher::PasswordHasher, store,
    username::Username,
};
use crate::db::{Db, DbError};

/// Who has just given which password.
pub struct Authenticated {
    /// The user's number.
    pub user_id: i64,
    /// The stored hash that the password was held against.
    pub checked: String,
    /// A hash with today's parameters, if that one has others.
    pub rehashed: Option<String>,
}

/// What a name and a password are together.
pub enum Outcome {
    /// They belong to somebody.
    Right(Authenticated),
    /// They belong to somebody who may not log in.
    Disabled,
    /// Nobody of that name, or another password.
    Wrong,
}

/// Why that cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// More passwords than can be hashed.
    #[error(transparent)]
    Busy(#[from] Busy),
}

/// Holds a password against what is stored for that name. Nobody's costs the same as somebody's.
///
/// # Errors
/// [`AuthenticationError`] if the database does not tell, or too many passwords wait to be hashed.
pub async fn authenticate(
    db: &Db,
    hasher: &PasswordHasher,
    username: &str,
    password: Password,
) -> Result<Outcome, AuthenticationError> {
    // What is no username is nobody's.
    let found = match username.parse::<Username>() {
        Ok(username) => db.run(move |conn| store::find_by_username(conn, &username)).await?,
        Err(_) => None,
    };
    let stored_hash = found.as_ref().map(|stored| stored.password_hash.clone());
    let rehashed = match hasher.check(stored_hash, password).await? {
        Verdict::Wrong => return Ok(Outcome::Wrong),
        Verdict::Right => None,
        Verdict::RightAndRehashed(new) => Some(new),
    };
    Ok(match found {
        None => Outcome::Wrong,
        Some(stored) if stored.is_disabled => Outcome::Disabled,
        Some(stored) => {
            Outcome::Right(Authenticated { user_id: stored.user.id, checked: stored.password_hash, rehashed })
        }
    })
}
