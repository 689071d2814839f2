//! Accounts and password resets in the database.

use diesel::{
    Connection, EscapeExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl,
    TextExpressionMethods,
    dsl::{self, sql},
    result::Error,
    sql_types::{BigInt, Nullable},
};
use shared::{Role, UnixTime, claims::InvalidRole};

use super::{account::Account, user_ref::UserRef};
use crate::{
    db::DbConnection,
    ids::UserId,
    schema::{deleted_usernames, password_resets, users},
};

type AccountRow = (UserId, String, String, Option<UnixTime>, UnixTime, Option<UnixTime>);
const ACCOUNT: (users::id, users::username, users::role, users::disabled_at, users::created_at, users::last_login_at) =
    (users::id, users::username, users::role, users::disabled_at, users::created_at, users::last_login_at);

type Query<'a> = dsl::IntoBoxed<'a, users::table, <DbConnection as Connection>::Backend>;

/// A filter for users.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Part of the folded name.
    pub name_part: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// Only disabled users, or only enabled ones.
    pub disabled: Option<bool>,
}

/// That user.
pub fn find(conn: &mut DbConnection, user: &UserRef) -> QueryResult<Option<Account>> {
    let query: Query<'_> = match user {
        UserRef::Name(username) => users::table.filter(users::username_key.eq(username.key())).into_boxed(),
        UserRef::Id(id) => users::table.filter(users::id.eq(id)).into_boxed(),
        UserRef::InvalidName => return Ok(None),
    };
    let found: Option<AccountRow> = query.select(ACCOUNT).get_result(conn).optional()?;
    found.map(to_account).transpose()
}

/// Up to `limit` matching users with ids above `after`, in order of id.
pub fn search(conn: &mut DbConnection, search: &Search, after: UserId, limit: i64) -> QueryResult<Vec<Account>> {
    let mut query: Query<'_> = users::table.filter(users::id.gt(after)).into_boxed();
    if let Some(part) = &search.name_part {
        query = query.filter(users::username_key.like(containing(part)).escape('\\'));
    }
    if let Some(role) = &search.role {
        query = query.filter(users::role.eq(role.as_str()));
    }
    match search.disabled {
        Some(true) => query = query.filter(users::disabled_at.is_not_null()),
        Some(false) => query = query.filter(users::disabled_at.is_null()),
        None => {}
    }
    let rows: Vec<AccountRow> = query.order(users::id).limit(limit).select(ACCOUNT).load(conn)?;
    rows.into_iter().map(to_account).collect()
}

/// Whether another user has the role `admin` and is not disabled.
pub fn has_other_enabled_admin(conn: &mut DbConnection, id: UserId) -> QueryResult<bool> {
    let other: Option<UserId> = users::table
        .filter(users::role.eq(Role::ADMIN.as_str()))
        .filter(users::disabled_at.is_null())
        .filter(users::id.ne(id))
        .select(users::id)
        .first(conn)
        .optional()?;
    Ok(other.is_some())
}

/// Writes the changeable fields of an account. A disabled user is disabled as of `now`.
pub fn update(conn: &mut DbConnection, account: &Account, now: UnixTime) -> QueryResult<()> {
    let disabled_at = account.disabled.then_some(now);
    let change = (users::role.eq(account.role.as_str()), users::disabled_at.eq(disabled_at));
    diesel::update(users::table.find(account.id)).set(change).execute(conn).map(drop)
}

/// Deletes a user. Neither the number nor the name is given to anybody else.
pub fn delete(conn: &mut DbConnection, id: UserId, now: UnixTime) -> QueryResult<()> {
    let key: Option<String> = users::table.find(id).select(users::username_key).get_result(conn).optional()?;
    let is_known = |conn: &mut DbConnection, key: &str| -> QueryResult<bool> {
        let found = deleted_usernames::table.find(key.to_owned()).select(deleted_usernames::username_key);
        found.get_result::<String>(conn).optional().map(|found| found.is_some())
    };
    if let Some(key) = key
        && !is_known(conn, &key)?
    {
        let row = (deleted_usernames::username_key.eq(key), deleted_usernames::deleted_at.eq(now));
        diesel::insert_into(deleted_usernames::table).values(row).execute(conn)?;
    }
    diesel::delete(users::table.find(id)).execute(conn).map(drop)
}

/// Replaces a user's password. How often it has been changed.
pub fn set_password_hash(conn: &mut DbConnection, id: UserId, password_hash: &str) -> QueryResult<i64> {
    let changes = sql::<Nullable<BigInt>>("COALESCE(password_changes, 0) + 1");
    let set = (users::password_hash.eq(password_hash), users::password_changes.eq(changes));
    let user = diesel::update(users::table.find(id)).set(set);
    let changes: Option<(Option<i64>,)> = user.returning((users::password_changes,)).get_result(conn).optional()?;
    Ok(changes.and_then(|(changes,)| changes).unwrap_or(0))
}

/// Adds a reset token of that user, and deletes expired ones.
pub fn insert_reset(
    conn: &mut DbConnection,
    token_hash: &str,
    user_id: UserId,
    expires_at: UnixTime,
    now: UnixTime,
) -> QueryResult<()> {
    let expired = password_resets::table.filter(password_resets::expires_at.le(now));
    diesel::delete(expired).execute(conn)?;
    let row = (
        password_resets::token_hash.eq(token_hash),
        password_resets::user_id.eq(user_id),
        password_resets::expires_at.eq(expires_at),
    );
    diesel::insert_into(password_resets::table).values(row).execute(conn).map(drop)
}

/// The user of a reset token, if it is valid.
pub fn find_reset(conn: &mut DbConnection, token_hash: &str, now: UnixTime) -> QueryResult<Option<UserId>> {
    password_resets::table
        .find(token_hash)
        .filter(password_resets::expires_at.gt(now))
        .select(password_resets::user_id)
        .get_result(conn)
        .optional()
}

/// Deletes the reset tokens of all users. Returns their number.
pub fn delete_all_resets(conn: &mut DbConnection) -> QueryResult<usize> {
    diesel::delete(password_resets::table).execute(conn)
}

/// Deletes the reset tokens of that user.
pub fn void_resets_of(conn: &mut DbConnection, user_id: UserId) -> QueryResult<()> {
    let theirs = password_resets::table.filter(password_resets::user_id.eq(user_id));
    diesel::delete(theirs).execute(conn).map(drop)
}

/// A `LIKE` pattern for strings that contain this one.
fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "%"
}

fn to_account((id, username, role, disabled_at, created_at, last_login_at): AccountRow) -> QueryResult<Account> {
    let role = role.parse().map_err(|error: InvalidRole| Error::DeserializationError(Box::new(error)))?;
    Ok(Account { id, username, role, disabled: disabled_at.is_some(), created_at, last_login_at })
}
