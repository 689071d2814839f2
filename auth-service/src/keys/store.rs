//! Signing keys in the database.

use diesel::{ExpressionMethods, Insertable, QueryDsl, QueryResult, Queryable, RunQueryDsl};
use shared::UnixTime;

use crate::{db::DbConnection, schema::signing_keys};

/// A signing key as it is stored. Times are seconds since the epoch.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = signing_keys)]
pub struct KeyRow {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// PKCS #8, sealed under the master key with the key id as name.
    pub sealed_private_key: String,
    /// When it is published.
    pub created_at: i64,
    /// When it starts to sign.
    pub active_from: i64,
    /// When its successor takes over, if there is one.
    pub retire_at: Option<i64>,
    /// When it is no longer published, if known.
    pub forget_at: Option<i64>,
    /// The key that signs the status lists meanwhile, sealed likewise; earlier releases made none.
    pub sealed_list_key: Option<String>,
    /// The key that signs ID tokens meanwhile, likewise.
    pub sealed_id_key: Option<String>,
}

/// All keys, in the order in which they begin to sign.
pub fn all(conn: &mut DbConnection) -> QueryResult<Vec<KeyRow>> {
    signing_keys::table.order((signing_keys::active_from, signing_keys::kid)).load(conn)
}

/// Adds a key.
pub fn insert(conn: &mut DbConnection, row: &KeyRow) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table).values(row).execute(conn).map(drop)
}

/// The key signs from `at` on.
pub fn activate(conn: &mut DbConnection, kid: &str, at: UnixTime) -> QueryResult<()> {
    let key = signing_keys::table.find(kid);
    diesel::update(key).set(signing_keys::active_from.eq(at.seconds())).execute(conn).map(drop)
}

/// The key signs until `retire_at` and is published until `forget_at`.
pub fn retire(conn: &mut DbConnection, kid: &str, retire_at: UnixTime, forget_at: UnixTime) -> QueryResult<()> {
    let times = (signing_keys::retire_at.eq(retire_at.seconds()), signing_keys::forget_at.eq(forget_at.seconds()));
    diesel::update(signing_keys::table.find(kid)).set(times).execute(conn).map(drop)
}

/// Removes the end of the key's signing time.
pub fn keep_signing(conn: &mut DbConnection, kid: &str) -> QueryResult<()> {
    let times = (signing_keys::retire_at.eq(None::<i64>), signing_keys::forget_at.eq(None::<i64>));
    diesel::update(signing_keys::table.find(kid)).set(times).execute(conn).map(drop)
}

/// Gives a key of an earlier release its list key, unless another node has been faster.
pub fn add_list_key(conn: &mut DbConnection, kid: &str, sealed: &str) -> QueryResult<()> {
    let key = signing_keys::table.find(kid).filter(signing_keys::sealed_list_key.is_null());
    diesel::update(key).set(signing_keys::sealed_list_key.eq(sealed)).execute(conn).map(drop)
}

/// Gives a key of an earlier release its ID key, likewise.
pub fn add_id_key(conn: &mut DbConnection, kid: &str, sealed: &str) -> QueryResult<()> {
    let key = signing_keys::table.find(kid).filter(signing_keys::sealed_id_key.is_null());
    diesel::update(key).set(signing_keys::sealed_id_key.eq(sealed)).execute(conn).map(drop)
}

/// Replaces a private key, its list key and its ID key with their re-encrypted forms.
pub fn reseal(
    conn: &mut DbConnection,
    kid: &str,
    sealed: &str,
    sealed_list_key: Option<&str>,
    sealed_id_key: Option<&str>,
) -> QueryResult<()> {
    let key = signing_keys::table.find(kid);
    let resealed = (
        signing_keys::sealed_private_key.eq(sealed),
        signing_keys::sealed_list_key.eq(sealed_list_key),
        signing_keys::sealed_id_key.eq(sealed_id_key),
    );
    diesel::update(key).set(resealed).execute(conn).map(drop)
}

/// Deletes the keys that have not been published since `before`.
pub fn delete_forgotten(conn: &mut DbConnection, before: UnixTime) -> QueryResult<usize> {
    diesel::delete(signing_keys::table.filter(signing_keys::forget_at.lt(before.seconds()))).execute(conn)
}
