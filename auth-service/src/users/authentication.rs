//! Password authentication.

use super::{
    argon2id::Verdict, hash_threads::HashingError, password::Password, password_hasher::PasswordHasher, store,
    username::Username,
};
use crate::{
    db::{Db, DbError},
    ids::UserId,
};

/// A user who has just entered the password.
pub struct Authenticated {
    /// The user.
    pub user_id: UserId,
    /// The stored hash that the password was verified against.
    pub checked: String,
    /// A hash with the current parameters, if that one has others.
    pub rehashed: Option<String>,
}

/// The result of verifying a username and a password.
pub enum Outcome {
    /// They are right.
    Right(Authenticated),
    /// They are right, but the user is disabled.
    Disabled,
    /// The username is unknown, or the password is wrong.
    Wrong,
}

/// Why a password cannot be verified now.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Hashing.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

/// Verifies a password against the hash that is stored for that name. It takes the same time for unknown users.
///
/// # Errors
/// [`AuthenticationError`] if the database fails, or too many passwords wait to be hashed.
pub async fn authenticate(
    db: &Db,
    hasher: &PasswordHasher,
    username: &str,
    password: Password,
) -> Result<Outcome, AuthenticationError> {
    // An invalid username is treated as unknown.
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
            Outcome::Right(Authenticated { user_id: stored.user.id.into(), checked: stored.password_hash, rehashed })
        }
    })
}
