//! What the database has about a user for an application.

use diesel::{QueryDsl, QueryResult, RunQueryDsl};

use crate::{db::DbConnection, ids::UserId, schema::users};

/// What the database has about a user.
pub struct Profile {
    /// The name.
    pub username: String,
    /// The e-mail address, if one is known.
    pub email: Option<String>,
}

/// The profile of the user with that number.
pub fn find_profile(conn: &mut DbConnection, user: UserId) -> QueryResult<Profile> {
    let (username, email) = users::table.find(user).select((users::username, users::email)).get_result(conn)?;
    Ok(Profile { username, email })
}
