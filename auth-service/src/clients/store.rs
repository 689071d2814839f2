//! Clients in the database.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl,
};
use shared::UnixTime;

use super::{client_id::ClientId, client_secret::SecretHash, scopes::Scopes};
use crate::{
    db::{DbConnection, Prepare},
    schema::clients,
};

/// A client as it is stored.
#[derive(Clone, Queryable)]
pub struct ClientRow {
    /// See [`ClientId`].
    pub id: String,
    /// See [`SecretHash`].
    pub secret_hash: String,
    /// That of the previous secret.
    pub previous_secret_hash: Option<String>,
    /// Until when the previous secret is valid.
    pub previous_until: Option<UnixTime>,
    /// Space-separated.
    pub scopes: String,
    /// When it was added.
    pub created_at: UnixTime,
    /// When it last obtained a token.
    pub last_used_at: Option<UnixTime>,
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
        clients::created_at.eq(now),
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

/// Sets a new secret; the previous one remains valid until `previous_until`. Returns `false` if there is no such client.
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
            clients::previous_until.eq(previous_until),
            clients::secret_hash.eq(secret.as_str()),
        ))
        .execute(conn)?;
    Ok(kept == 1)
}

/// Records that a token is issued to the client with that secret. Returns `false` if the client has been deleted, or the
/// secret is invalid. The client is locked, so that a deletion or a rotation in the meantime sees the token.
pub fn note_use(conn: &mut DbConnection, id: &str, shown: &SecretHash, now: UnixTime) -> QueryResult<bool> {
    let is_valid = clients::secret_hash
        .eq(shown.as_str())
        .nullable()
        .or(clients::previous_secret_hash.eq(shown.as_str()).and(clients::previous_until.gt(now)));
    let client = clients::table.find(id).filter(is_valid);
    let noted = diesel::update(client).set(clients::last_used_at.eq(now)).prepared().execute(conn)?;
    Ok(noted == 1)
}

/// Removes a client; `false` if there is none.
pub fn delete(conn: &mut DbConnection, id: &ClientId) -> QueryResult<bool> {
    let deleted = diesel::delete(clients::table.find(id.as_str())).execute(conn)?;
    Ok(deleted == 1)
}
