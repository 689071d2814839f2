//! The registered clients in the database.

use diesel::QueryResult;

use super::{client_id::ClientId, registered_client::RegisteredClient, store};
use crate::db::DbConnection;

/// The client of that id, as it is sent in a request.
pub fn find(conn: &mut DbConnection, id: &str) -> QueryResult<Option<RegisteredClient>> {
    let Ok(id) = id.parse::<ClientId>() else { return Ok(None) };
    Ok(store::find(conn, &id)?.and_then(|row| row.registered()))
}
