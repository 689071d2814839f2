//! Clients in the database.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl,
};
use shared::{TokenStatus, UnixTime};

use super::{client_id::ClientId, client_secret::SecretHash, scopes::Scopes};
use crate::{
    db::DbConnection,
    schema::clients,
    status::{self, entry::Holder},
};

/// A client as it is stored. Times are seconds since the epoch.
#[derive(Clone, Queryable)]
pub struct ClientRow {
    /// See [`ClientId`].
    pub id: String,
    /// See [`SecretHash`].
    pub secret_hash: String,
    /// Of the secret before this one.
    pub previous_secret_hash: Option<String>,
    /// Until when that one counts.
    pub previous_until: Option<i64>,
    /// Names parted by spaces.
    pub scopes: String,
    /// When it was added.
    pub created_at: i64,
    /// When it last got a token.
    pub last_used_at: Option<i64>,
}

/// Adds a client. An id that is taken is a unique violation.
pub fn insert(
    conn: &mut DbConnection,
    id: &ClientId,
    secret: &SecretHash,
    scopes: &Scopes,
    now: UnixTime,
) -> QueryResult<()> {
    let row = (
        clients::id.eq(id.as_str()),
        clients::secret_hash.eq(secret.as_str()),
        clients::scopes.eq(scopes.to_string()),
        clients::created_at.eq(now.seconds()),
    );
    diesel::insert_into(clients::table).values(row).execute(conn).map(drop)
}

/// All clients, in the order of their ids.
pub fn all(conn: &mut DbConnection) -> QueryResult<Vec<ClientRow>> {
    clients::table.order(clients::id).load(conn)
}

/// The client of that id.
pub fn find(conn: &mut DbConnection, id: &ClientId) -> QueryResult<Option<ClientRow>> {
    clients::table.find(id.as_str()).get_result(conn).optional()
}

/// Gives a client a new secret; the one before it counts on until `previous_until`. `false` if there is no such client.
pub fn replace_secret(
    conn: &mut DbConnection,
    id: &ClientId,
    secret: &SecretHash,
    previous_until: Option<UnixTime>,
) -> QueryResult<bool> {
    let client = clients::table.find(id.as_str());
    let kept = diesel::update(client)
        .set((
            clients::previous_secret_hash.eq(clients::secret_hash.nullable()),
            clients::previous_until.eq(previous_until.map(UnixTime::seconds)),
            clients::secret_hash.eq(secret.as_str()),
        ))
        .execute(conn)?;
    Ok(kept == 1)
}

/// A client that has shown the secret with that hash is about to get a token. `false` if the client is gone, or the secret
/// counts no more. The client is locked, so that a deletion or a rotation that comes meanwhile sees the token.
pub fn note_use(conn: &mut DbConnection, id: &str, shown: &SecretHash, now: UnixTime) -> QueryResult<bool> {
    let counts = clients::secret_hash
        .eq(shown.as_str())
        .nullable()
        .or(clients::previous_secret_hash.eq(shown.as_str()).and(clients::previous_until.gt(now.seconds())));
    let client = clients::table.find(id).filter(counts);
    let noted = diesel::update(client).set(clients::last_used_at.eq(now.seconds())).execute(conn)?;
    Ok(noted == 1)
}

/// Removes a client and takes its tokens back; `false` if there is none.
pub fn delete(conn: &mut DbConnection, id: &ClientId, now: UnixTime) -> QueryResult<bool> {
    let deleted = diesel::delete(clients::table.find(id.as_str())).execute(conn)?;
    revoke_tokens(conn, id, now)?;
    Ok(deleted == 1)
}

/// Takes all tokens of a client back.
pub fn revoke_tokens(conn: &mut DbConnection, id: &ClientId, now: UnixTime) -> QueryResult<()> {
    status::store::mark_all(conn, Holder::Client(id.as_str()), TokenStatus::Revoked, now)
}
