//! Many users at a time in the database.

use std::collections::{HashMap, HashSet};

use diesel::{
    ExecuteCopyFromDsl, ExpressionMethods, Insertable, QueryDsl, QueryResult, RunQueryDsl, copy_from, insert_into,
};
use shared::UnixTime;

use super::imported_user::ImportedUser;
use crate::{
    db::{DbConnection, skip_numbers},
    schema::{deleted_usernames, users},
    users::email_address::EmailAddress,
};

/// What the database has that is like users of a file.
pub struct Existing {
    /// Users with one of the names, by the key of the name.
    pub users: HashMap<String, ExistingUser>,
    /// Those of the names that belonged to a deleted user.
    pub deleted: HashSet<String>,
    /// Skeletons of users whose name looks like one of the names.
    pub skeletons: HashSet<String>,
}

/// A user in the database.
pub struct ExistingUser {
    /// The username, as registered.
    pub username: String,
    /// The stored password hash.
    pub password_hash: String,
    /// The role.
    pub role: String,
    /// In seconds since 1970.
    pub created_at: i64,
    /// Whether the user may not log in.
    pub is_disabled: bool,
    /// Whether the user has logged in.
    pub has_logged_in: bool,
    /// The e-mail address.
    pub email: Option<String>,
}

type ExistingColumns = (
    users::username,
    users::password_hash,
    users::role,
    users::created_at,
    users::disabled_at,
    users::last_login_at,
    users::email,
);
type ExistingRow = (String, String, String, i64, Option<i64>, Option<i64>, Option<String>);

/// The columns of an [`ExistingUser`].
const EXISTING: ExistingColumns = (
    users::username,
    users::password_hash,
    users::role,
    users::created_at,
    users::disabled_at,
    users::last_login_at,
    users::email,
);

impl From<ExistingRow> for ExistingUser {
    fn from((username, password_hash, role, created_at, disabled_at, last_login_at, email): ExistingRow) -> Self {
        let (is_disabled, has_logged_in) = (disabled_at.is_some(), last_login_at.is_some());
        Self { username, password_hash, role, created_at, is_disabled, has_logged_in, email }
    }
}

/// A user in an export.
pub struct ExportedUser {
    /// The number.
    pub id: i64,
    /// The user.
    pub user: ExistingUser,
}

#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: i64,
    username: &'a str,
    username_key: &'a str,
    password_hash: &'a str,
    role: &'a str,
    created_at: i64,
    disabled_at: Option<i64>,
    username_skeleton: String,
    email: Option<String>,
}

/// Loads with the query of each database, which has another syntax for many values.
macro_rules! load {
    ($conn:expr, $query:expr) => {
        match $conn {
            DbConnection::Sqlite(conn) => $query.load(conn),
            DbConnection::Postgres(conn) => $query.load(conn),
        }
    };
}

/// Waits for other new users, and keeps further ones waiting until the transaction has ended.
pub fn lock_new_users(conn: &mut DbConnection) -> QueryResult<()> {
    skip_numbers(conn, "users", 0).map(drop)
}

/// What the database has that is like these users.
pub fn find_existing(conn: &mut DbConnection, of: &[(u64, ImportedUser)]) -> QueryResult<Existing> {
    let keys: Vec<_> = of.iter().map(|(_, user)| user.username.key()).collect();
    let named = users::table.filter(users::username_key.eq_any(&keys)).select((users::username_key, EXISTING));
    let rows: Vec<(String, ExistingRow)> = load!(conn, named.clone())?;
    // After the users: the deletion of one is committed at once with its name.
    let deleted = deleted_usernames::table.filter(deleted_usernames::username_key.eq_any(&keys));
    let deleted: Vec<String> = load!(conn, deleted.clone().select(deleted_usernames::username_key))?;
    let alike: Vec<_> = of.iter().flat_map(|(_, user)| user.skeleton.look_alikes()).collect();
    let alike = users::table.filter(users::username_skeleton.eq_any(&alike)).select(users::username_skeleton);
    let skeletons: Vec<Option<String>> = load!(conn, alike.clone())?;
    Ok(Existing {
        users: rows.into_iter().map(|(key, row)| (key, row.into())).collect(),
        deleted: deleted.into_iter().collect(),
        skeletons: skeletons.into_iter().flatten().collect(),
    })
}

/// Adds users under the next numbers. To be run after [`lock_new_users`].
pub fn insert(conn: &mut DbConnection, new: &[&ImportedUser], now: UnixTime) -> QueryResult<()> {
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let first = skip_numbers(conn, "users", count)? - count + 1;
    let rows: Vec<_> = (first..).zip(new).map(|(id, user)| row(id, user, now)).collect();
    match conn {
        DbConnection::Sqlite(conn) => insert_into(users::table).values(&rows).execute(conn),
        DbConnection::Postgres(conn) => copy_from(users::table).from_insertable(&rows).execute(conn),
    }
    .map(drop)
}

fn row(id: i64, user: &ImportedUser, now: UnixTime) -> NewRow<'_> {
    NewRow {
        id,
        username: user.username.as_str(),
        username_key: user.username.key(),
        password_hash: &user.password_hash,
        role: user.role.as_str(),
        created_at: user.created_at.unwrap_or(now).seconds(),
        disabled_at: user.is_disabled.then_some(now.seconds()),
        username_skeleton: user.skeleton.stored(),
        email: user.email.as_ref().map(EmailAddress::to_string),
    }
}

/// Up to `limit` users with numbers above `after`, in order.
pub fn next(conn: &mut DbConnection, after: i64, limit: i64) -> QueryResult<Vec<ExportedUser>> {
    let following = users::table.filter(users::id.gt(after)).order(users::id).limit(limit);
    let rows: Vec<(i64, ExistingRow)> = following.select((users::id, EXISTING)).load(conn)?;
    Ok(rows.into_iter().map(|(id, row)| ExportedUser { id, user: row.into() }).collect())
}
