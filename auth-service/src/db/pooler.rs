//! Poolers between this service and PostgreSQL, such as `PgBouncer`.

use diesel::{
    Connection, ConnectionError, ConnectionResult, PgConnection, QueryResult, RunQueryDsl,
    connection::CacheSize,
    dsl::sql,
    select,
    sql_types::{Bool, Text},
};

use super::url::with_option;

/// A setting that nobody else makes. The server itself takes it when the connection is opened; a pooler refuses or drops it,
/// since its connections to the server are shared.
const MARK: (&str, &str) = ("auth_service.direct", "on");

/// Connects, and says whether through a pooler. Behind one, statements are not prepared by name: in transaction mode, each transaction runs on whichever
/// of the pooler's connections is free, and finds the prepared statements of another client, or none.
pub(super) fn connect(url: &str) -> ConnectionResult<(PgConnection, bool)> {
    let mut conn = match PgConnection::establish(&with_option(url, MARK)) {
        Err(error) if is_refused_option(&error) => PgConnection::establish(url),
        connected => connected,
    }?;
    let is_pooled = is_pooled(&mut conn).map_err(ConnectionError::CouldntSetupConfiguration)?;
    if is_pooled {
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    }
    Ok((conn, is_pooled))
}

/// Whether a pooler is between this service and the server.
pub(super) fn is_pooled(conn: &mut PgConnection) -> QueryResult<bool> {
    let (name, value) = MARK;
    let is_direct = sql::<Bool>("coalesce(current_setting(").bind::<Text, _>(name).sql(", true), '') = ");
    select(is_direct.bind::<Text, _>(value)).get_result(conn).map(|is_direct: bool| !is_direct)
}

/// Whether connecting failed because of the option. Poolers answer in English: "unsupported startup parameter: options".
fn is_refused_option(error: &ConnectionError) -> bool {
    let message = error.to_string().to_lowercase();
    ["startup parameter", "option"].iter().any(|part| message.contains(part))
}
