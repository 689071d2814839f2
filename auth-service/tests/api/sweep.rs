//! The sweep deletes what ended long ago, in batches, and nothing else.

use service_kit::testing::eventually;

use crate::support::{Database, TestApp};

on_both_databases!(
    all_that_ended_long_ago_is_deleted_also_if_more_ended_at_once_than_a_batch_has,
    a_session_of_which_one_end_is_to_come_is_kept,
);

const FAR: i64 = 99_999_999_999;

/// More than a batch has end in the same second.
async fn all_that_ended_long_ago_is_deleted_also_if_more_ended_at_once_than_a_batch_has(database: Database) {
    let _first = TestApp::spawn(database.clone()).await;
    let ends = (0..1400).map(|number| (number, 1 + number / 700));
    insert_sessions(&database, ends.clone().map(|(number, end)| (number, end, FAR, "NULL".to_owned())));
    insert_sessions(&database, ends.clone().map(|(number, end)| (2000 + number, FAR, end, "NULL".to_owned())));
    insert_sessions(&database, ends.clone().map(|(number, end)| (4000 + number, FAR, FAR, end.to_string())));
    let codes = ends.clone().map(|(number, end)| format!("('code {number}', 'old', '', 1, '', 0, '', '', {end}, '')"));
    database.execute(&format!(
        "INSERT INTO authorization_codes (code_hash, client_id, redirect_uri, user_id, browser_id, auth_time, scope, challenge, \
         expires_at, session_id) VALUES {}",
        joined(codes)
    ));
    let consents = ends.map(|(number, end)| format!("({number}, 'old', 'openid', 0, {end})"));
    database.execute(&format!(
        "INSERT INTO consents (user_id, client_id, scope, granted_at, expires_at) VALUES (1, 'shop', 'openid', 0, {FAR}), {}",
        joined(consents)
    ));

    let _second = TestApp::spawn(database.clone()).await;

    eventually(async || {
        let left = "SELECT id AS text FROM sessions UNION ALL SELECT code_hash FROM authorization_codes \
                    UNION ALL SELECT client_id FROM consents";
        (database.rows(left) == ["shop"]).then_some(())
    })
    .await;
}

async fn a_session_of_which_one_end_is_to_come_is_kept(database: Database) {
    let _first = TestApp::spawn(database.clone()).await;
    let live = [(1, FAR, FAR, "NULL".to_owned()), (2, FAR, FAR, (FAR - 1).to_string())];
    let over = [(3, 1, FAR, "NULL".to_owned()), (4, FAR, 1, "NULL".to_owned()), (5, FAR, FAR, "1".to_owned())];
    insert_sessions(&database, live.into_iter().chain(over));

    let _second = TestApp::spawn(database.clone()).await;

    let ids = "SELECT id AS text FROM sessions ORDER BY id";
    eventually(async || (database.rows(ids) == [id_of(1), id_of(2)]).then_some(())).await;
}

/// Sessions by number, idle end, end and revocation.
fn insert_sessions(database: &Database, sessions: impl Iterator<Item = (i64, i64, i64, String)>) {
    let rows = sessions.map(|(number, idle_end, end, revoked_at)| {
        format!("('{}', 1, '', '', 0, 0, 0, 1, 0, {idle_end}, {end}, {revoked_at})", id_of(number))
    });
    database.execute(&format!(
        "INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, rotated_at, \
         idle_ends_at, ends_at, revoked_at) VALUES {}",
        joined(rows)
    ));
}

fn id_of(number: i64) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

fn joined(rows: impl Iterator<Item = String>) -> String {
    rows.collect::<Vec<_>>().join(", ")
}
