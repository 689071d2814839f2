//! Users in the database.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl};
use shared::{InvalidRole, Role, UnixTime, User};

use super::username::Username;
use crate::{
    db::{DbConnection, next_number},
    schema::users,
};

/// A user and the hash of the password.
pub struct StoredUser {
    /// Who it is.
    pub user: User,
    /// A PHC string.
    pub password_hash: String,
}

type UserRow = (i64, String, String);
const USER: (users::id, users::username, users::role) = (users::id, users::username, users::role);

/// Adds a user under the next number. A name that is taken is a unique violation. To be run in a transaction.
pub fn insert(
    conn: &mut DbConnection,
    username: &Username,
    password_hash: &str,
    role: &Role,
    now: UnixTime,
) -> QueryResult<()> {
    let row = (
        users::id.eq(next_number(conn, "users")?),
        users::username.eq(username.as_str()),
        users::username_key.eq(username.key()),
        users::password_hash.eq(password_hash),
        users::role.eq(role.as_str()),
        users::created_at.eq(now.seconds()),
    );
    diesel::insert_into(users::table).values(row).execute(conn).map(drop)
}

/// The user of that name, whatever its case.
pub fn find_by_username(conn: &mut DbConnection, username: &Username) -> QueryResult<Option<StoredUser>> {
    let found: Option<(UserRow, String)> = users::table
        .filter(users::username_key.eq(username.key()))
        .select((USER, users::password_hash))
        .first(conn)
        .optional()?;
    found.map(|(row, password_hash)| Ok(StoredUser { user: to_user(row)?, password_hash })).transpose()
}

/// The user with that number.
pub fn find_by_id(conn: &mut DbConnection, id: i64) -> QueryResult<Option<User>> {
    let found: Option<UserRow> = users::table.find(id).select(USER).first(conn).optional()?;
    found.map(to_user).transpose()
}

/// Whether there is nobody yet.
pub fn is_empty(conn: &mut DbConnection) -> QueryResult<bool> {
    let first: Option<i64> = users::table.select(users::id).first(conn).optional()?;
    Ok(first.is_none())
}

/// Whether anybody has the role `admin`.
pub fn has_admin(conn: &mut DbConnection) -> QueryResult<bool> {
    let admin: Option<i64> =
        users::table.filter(users::role.eq(Role::ADMIN.as_str())).select(users::id).first(conn).optional()?;
    Ok(admin.is_some())
}

/// Puts a hash with today's parameters in the place of the one it was made from; a password changed meanwhile stays.
pub fn replace_hash(conn: &mut DbConnection, id: i64, old: &str, new: &str) -> QueryResult<bool> {
    let unchanged = users::table.find(id).filter(users::password_hash.eq(old));
    let replaced = diesel::update(unchanged).set(users::password_hash.eq(new)).execute(conn)?;
    Ok(replaced == 1)
}

fn to_user((id, username, role): UserRow) -> QueryResult<User> {
    let role =
        role.parse().map_err(|error: InvalidRole| diesel::result::Error::DeserializationError(Box::new(error)))?;
    Ok(User { id, username, role })
}
