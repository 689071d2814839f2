//! Codes and consents in the database.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, sql_query, sql_types::BigInt};
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

/// Up to 500 consents in one statement. The end is compared twice: a consent may be renewed meanwhile.
const SWEEP_CONSENTS: &str = "DELETE FROM consents WHERE expires_at < $1 AND (user_id, client_id) IN \
    (SELECT user_id, client_id FROM consents WHERE expires_at < $1 ORDER BY expires_at LIMIT 500)";

/// Deletes codes and consents that ended before `before`, a few hundred at most of each. Returns their number.
pub fn sweep(conn: &mut DbConnection, before: UnixTime) -> QueryResult<usize> {
    let over = authorization_codes::table.filter(authorization_codes::expires_at.lt(before));
    let codes: Vec<String> = over.select(authorization_codes::code_hash).limit(500).load(conn)?;
    let codes = authorization_codes::table.filter(authorization_codes::code_hash.eq_any(codes));
    let consents = sql_query(SWEEP_CONSENTS).bind::<BigInt, _>(before.seconds());
    Ok(diesel::delete(codes).execute(conn)? + consents.execute(conn)?)
}
