//! Codes and consents in the database.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, QueryableByName, RunQueryDsl, sql_query,
    sql_types::BigInt,
};
use shared::UnixTime;

use super::code::StoredCode;
use crate::{
    clients::scopes::Scopes,
    db::{DbConnection, Prepare},
    ids::{SessionId, UserId},
    schema::{authorization_codes, consents},
};

/// Adds a code.
pub fn insert_code(conn: &mut DbConnection, code: &StoredCode) -> QueryResult<()> {
    diesel::insert_into(authorization_codes::table).values(code).prepared().execute(conn).map(drop)
}

/// The code with that hash.
pub fn find_code(conn: &mut DbConnection, code_hash: &str) -> QueryResult<Option<StoredCode>> {
    authorization_codes::table.find(code_hash).get_result(conn).optional()
}

/// Whether a code has been issued for that interaction.
pub fn has_code_of(conn: &mut DbConnection, interaction: &str) -> QueryResult<bool> {
    let codes = authorization_codes::table.filter(authorization_codes::interaction_id.eq(interaction));
    let found: Option<(String,)> = codes.select((authorization_codes::code_hash,)).first(conn).optional()?;
    Ok(found.is_some())
}

/// Notes the session that a code is exchanged for. `false` if it has been exchanged already.
pub fn note_exchange(conn: &mut DbConnection, code_hash: &str, session: SessionId) -> QueryResult<bool> {
    let unused = authorization_codes::table.find(code_hash).filter(authorization_codes::session_id.is_null());
    let noted = diesel::update(unused).set(authorization_codes::session_id.eq(session)).prepared().execute(conn)?;
    Ok(noted == 1)
}

/// What a user has granted to a client.
pub fn granted(conn: &mut DbConnection, user: UserId, client: &str, now: UnixTime) -> QueryResult<Option<Scopes>> {
    let consent = consents::table.find((user, client)).filter(consents::expires_at.gt(now));
    let scope: Option<String> = consent.select(consents::scope).get_result(conn).optional()?;
    Ok(scope.and_then(|scope| scope.parse().ok()))
}

/// Stores what a user has granted to a client, in place of what was granted before.
pub fn grant(
    conn: &mut DbConnection,
    user: UserId,
    client: &str,
    scopes: &Scopes,
    expires_at: UnixTime,
    now: UnixTime,
) -> QueryResult<()> {
    let granted =
        (consents::scope.eq(scopes.to_string()), consents::granted_at.eq(now), consents::expires_at.eq(expires_at));
    let known = consents::table.find((user, client));
    if diesel::update(known).set(granted.clone()).execute(conn)? == 0 {
        let row = (consents::user_id.eq(user), consents::client_id.eq(client), granted);
        diesel::insert_into(consents::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Where a sweep of codes and consents has come to: each begins with the end at which the last batch stopped.
#[derive(Clone, Copy)]
pub struct SweptUntil {
    /// Codes that ended earlier have been deleted,
    pub codes: UnixTime,
    /// and so have such consents.
    pub consents: UnixTime,
}

/// Deletes codes and consents that ended before `before`, a few hundred at most of each, the earliest first. Returns where to
/// continue, or `None` if there are no more.
pub fn sweep(conn: &mut DbConnection, from: SweptUntil, before: UnixTime) -> QueryResult<Option<SweptUntil>> {
    let codes = delete_over(conn, "authorization_codes", "code_hash", from.codes, before)?;
    let consents = delete_over(conn, "consents", "user_id, client_id", from.consents, before)?;
    let until = SweptUntil { codes: codes.unwrap_or(from.codes), consents: consents.unwrap_or(from.consents) };
    Ok(codes.or(consents).map(|_| until))
}

#[derive(QueryableByName)]
struct Deleted {
    #[diesel(sql_type = BigInt)]
    expires_at: UnixTime,
}

/// Returns the last end of the rows deleted. The end is compared twice: a consent may be renewed meanwhile.
fn delete_over(
    conn: &mut DbConnection,
    table: &str,
    key: &str,
    from: UnixTime,
    before: UnixTime,
) -> QueryResult<Option<UnixTime>> {
    let deletion = format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE expires_at >= $1 AND expires_at < $2 \
         ORDER BY expires_at LIMIT 500) AND expires_at < $2 RETURNING expires_at"
    );
    let deletion = sql_query(deletion).bind::<BigInt, _>(from.seconds()).bind::<BigInt, _>(before.seconds());
    let deleted: Vec<Deleted> = deletion.load(conn)?;
    Ok(deleted.into_iter().map(|row| row.expires_at).max())
}
