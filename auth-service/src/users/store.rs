//! Users in the database.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl};
use shared::{Role, UnixTime, User, claims::InvalidRole};

use super::{look_alike::Skeleton, username::Username};
use crate::{
    db::{DbConnection, Prepare, next_number},
    ids::UserId,
    schema::{deleted_usernames, users},
};

/// A user and the hash of the password.
pub struct StoredUser {
    /// The user.
    pub user: User,
    /// A PHC string.
    pub password_hash: String,
    /// How often the password was changed.
    pub password_changes: i64,
    /// Whether the user is prevented from logging in.
    pub is_disabled: bool,
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
) -> QueryResult<UserId> {
    let id = next_number(conn, "users")?;
    let row = (
        users::id.eq(id),
        users::username.eq(username.as_str()),
        users::username_key.eq(username.key()),
        users::password_hash.eq(password_hash),
        users::role.eq(role.as_str()),
        users::created_at.eq(now),
        users::username_skeleton.eq(Skeleton::of(username).stored()),
    );
    diesel::insert_into(users::table).values(row).execute(conn).map(|_| id.into())
}

/// Whether a user of that name was deleted: nobody else gets it.
pub fn is_deleted_name(conn: &mut DbConnection, username: &Username) -> QueryResult<bool> {
    let found = deleted_usernames::table.find(username.key()).select(deleted_usernames::username_key);
    let found: Option<String> = found.get_result(conn).optional()?;
    Ok(found.is_some())
}

/// Whether a user other than this one has a name that people would take for this one.
pub fn has_look_alike(conn: &mut DbConnection, username: &Username, id: UserId) -> QueryResult<bool> {
    let alike = users::table.filter(users::username_skeleton.eq_any(Skeleton::of(username).look_alikes()));
    let found: Option<i64> = alike.filter(users::id.ne(id)).select(users::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// Users without a skeleton, which an earlier release has added: a few hundred at most.
pub fn without_skeleton(conn: &mut DbConnection) -> QueryResult<Vec<(UserId, String)>> {
    let missing = users::table.filter(users::username_skeleton.is_null());
    missing.select((users::id, users::username)).limit(500).load(conn)
}

/// Fills in a user's skeleton.
pub fn set_skeleton(conn: &mut DbConnection, id: UserId, skeleton: &str) -> QueryResult<()> {
    diesel::update(users::table.find(id)).set(users::username_skeleton.eq(skeleton)).execute(conn).map(drop)
}

/// The user of that name, case-insensitive.
pub fn find_by_username(conn: &mut DbConnection, username: &Username) -> QueryResult<Option<StoredUser>> {
    let found: Option<(UserRow, String, Option<i64>, Option<UnixTime>)> = users::table
        .filter(users::username_key.eq(username.key()))
        .select((USER, users::password_hash, users::password_changes, users::disabled_at))
        .get_result(conn)
        .optional()?;
    let stored = found.map(|(row, password_hash, password_changes, disabled_at)| {
        let (user, password_changes) = (to_user(row)?, password_changes.unwrap_or(0));
        Ok(StoredUser { user, password_hash, password_changes, is_disabled: disabled_at.is_some() })
    });
    stored.transpose()
}

/// The user with that number, unless it is disabled.
pub fn find_enabled(conn: &mut DbConnection, id: UserId) -> QueryResult<Option<User>> {
    let enabled = users::table.find(id).filter(users::disabled_at.is_null());
    let found: Option<UserRow> = enabled.select(USER).get_result(conn).optional()?;
    found.map(to_user).transpose()
}

/// The name of the user with that number.
pub fn find_username(conn: &mut DbConnection, id: UserId) -> QueryResult<Option<String>> {
    users::table.find(id).select(users::username).get_result(conn).optional()
}

/// The stored hash of a user's password.
pub fn find_password_hash(conn: &mut DbConnection, id: UserId) -> QueryResult<Option<String>> {
    users::table.find(id).select(users::password_hash).get_result(conn).optional()
}

/// Whether there is no user yet.
pub fn is_empty(conn: &mut DbConnection) -> QueryResult<bool> {
    let first: Option<i64> = users::table.select(users::id).first(conn).optional()?;
    Ok(first.is_none())
}

/// Whether any user has the role `admin`.
pub fn has_admin(conn: &mut DbConnection) -> QueryResult<bool> {
    let admin: Option<i64> =
        users::table.filter(users::role.eq(Role::ADMIN.as_str())).select(users::id).first(conn).optional()?;
    Ok(admin.is_some())
}

/// Records a login with the password of the hash `checked`, and replaces that hash by `rehashed`, one with the current
/// parameters. Returns the current user, or `None` if the user has been disabled or deleted, or the password changed, in the
/// meantime.
///
/// It locks the user, so that a change of role either precedes the login or sees its session.
pub fn note_login(
    conn: &mut DbConnection,
    id: UserId,
    checked: &str,
    rehashed: Option<&str>,
    now: UnixTime,
) -> QueryResult<Option<User>> {
    let unchanged = users::table.find(id).filter(users::password_hash.eq(checked)).filter(users::disabled_at.is_null());
    let noted = (users::last_login_at.eq(now), users::password_hash.eq(rehashed.unwrap_or(checked)));
    let user: Option<UserRow> =
        diesel::update(unchanged).set(noted).returning(USER).prepared().get_result(conn).optional()?;
    user.map(to_user).transpose()
}

fn to_user((id, username, role): UserRow) -> QueryResult<User> {
    let role =
        role.parse().map_err(|error: InvalidRole| diesel::result::Error::DeserializationError(Box::new(error)))?;
    Ok(User { id, username, role })
}
