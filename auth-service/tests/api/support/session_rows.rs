//! Sessions in the database.

use shared::UnixTime;
use uuid::Uuid;

use super::Database;

/// The id of the session that a test calls `name` (at most 16 bytes).
pub fn session_id(name: &str) -> String {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Uuid::from_bytes(bytes).to_string()
}

/// Inserts a session of this user, with one access token that has not expired.
pub fn begin_session(database: &Database, name: &str, user_id: i64) {
    let id = session_id(name);
    let later = UnixTime::now().seconds() + 600;
    let idx = database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM access_tokens WHERE list_id = 1000").remove(0);
    if idx == "0" {
        database.execute(&format!(
            "INSERT INTO status_lists (id, opens_at, lent, ends_at, version, changed_at) \
             VALUES (1000, 0, 256, {later}, 0, 0)"
        ));
    }
    database.execute(&format!(
        "INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, \
         rotated_at, idle_ends_at, ends_at) VALUES ('{id}', {user_id}, '', '', 0, 0, 0, 1, 0, {later}, {later}); \
         INSERT INTO access_tokens (list_id, idx, session_id, expires_at, status) \
         VALUES (1000, {idx}, '{id}', {later}, 0)"
    ));
}

/// Whether the session is `live` or `ended`, and the status of its access token.
pub fn status_of(database: &Database, name: &str) -> String {
    let id = session_id(name);
    let mut rows = database.rows(&format!(
        "SELECT CASE WHEN revoked_at IS NULL THEN 'live ' ELSE 'ended ' END || status AS text \
         FROM sessions JOIN access_tokens ON session_id = sessions.id WHERE sessions.id = '{id}'"
    ));
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}
