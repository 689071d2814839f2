//! The tutorial's three users, whose passwords are public.

use diesel::QueryResult;
use shared::Role;

use super::{
    hash_queue::Priority, hash_threads::HashingError, password::Password, password_hasher::PasswordHasher, store,
    verification::Verdict,
};
use crate::db::DbConnection;

/// Their names, passwords and roles. None of the passwords could be chosen.
pub(super) const SAMPLES: [(&str, &str, Role); 3] =
    [("admin", "admin123", Role::ADMIN), ("user_01", "1234", Role::USER), ("user_02", "5678", Role::USER)];

/// A user with the name of a sample user, who may have another password.
pub struct Candidate {
    username: &'static str,
    public_password: &'static str,
    password_hash: String,
}

/// The users with the names of sample users, except those that are disabled.
pub fn find_candidates(conn: &mut DbConnection) -> QueryResult<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for (username, public_password, _) in SAMPLES {
        let Ok(parsed) = username.parse() else { continue };
        let found = store::find_by_username(conn, &parsed)?.filter(|stored| !stored.is_disabled);
        candidates.extend(found.map(|stored| Candidate {
            username,
            public_password,
            password_hash: stored.password_hash,
        }));
    }
    Ok(candidates)
}

/// Those of them whose password is the public one.
///
/// # Errors
/// [`HashingError`].
pub async fn with_public_password(
    candidates: Vec<Candidate>,
    hasher: &PasswordHasher,
) -> Result<Vec<&'static str>, HashingError> {
    let mut names = Vec::new();
    for Candidate { username, public_password, password_hash } in candidates {
        let password = Password::typed(public_password.to_owned());
        if hasher.check(Some(password_hash), password, Priority::Known(0)).await? != Verdict::Wrong {
            names.push(username);
        }
    }
    Ok(names)
}
