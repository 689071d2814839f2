//! Lists are opened, renewed and deleted, and so are expired sessions.

use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::{Response, eventually};
use shared::UnixTime;

use super::{CAPACITY, FIRST, LISTS, mark, payload, read, uri};
use crate::support::{Database, TestApp, session_id};

on_both_databases!(
    a_list_is_renewed_before_it_expires,
    the_next_list_is_published_before_it_is_needed,
    an_expired_list_is_deleted_and_its_id_never_reused,
    sessions_are_deleted_a_day_after_their_end,
);

async fn a_list_is_renewed_before_it_expires(database: Database) {
    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];
    let began = UnixTime::now().seconds();

    database.execute("UPDATE status_lists SET changed_at = changed_at - 301");

    let signed_at = eventually(async || {
        let changed_at = database.rows("SELECT CAST(changed_at AS TEXT) AS text FROM status_lists WHERE id = 1");
        changed_at[0].parse::<i64>().ok().filter(|at| *at >= began)
    });
    let signed_at = signed_at.await;
    let is_new = |response: &Response| payload(&response.body)["iat"] == signed_at;
    let reissued = join_all(nodes.iter().map(|node| node.until_matching(FIRST, is_new))).await;
    assert_eq!(reissued[0].body, reissued[1].body);
    assert_eq!(read(&nodes[0], &reissued[0].body).await.bytes, vec![0; CAPACITY / 4]);
}

async fn the_next_list_is_published_before_it_is_needed(database: Database) {
    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];

    database.execute("UPDATE status_lists SET lent = 65536");

    let two = json!({ "status_lists": [uri(1), uri(2)] });
    for node in &nodes {
        node.until_matching(LISTS, |response| response.json() == two).await;
        assert_eq!(node.get("/status-lists/2").await.status, 200);
    }
    assert_eq!(database.rows("SELECT CAST(lent AS TEXT) AS text FROM status_lists ORDER BY id"), ["65536", "0"]);
    database.execute("UPDATE status_lists SET opens_at = opens_at - 3001");
    let three = json!({ "status_lists": [uri(1), uri(2), uri(3)] });
    nodes[0].until_matching(LISTS, |response| response.json() == three).await;
}

async fn an_expired_list_is_deleted_and_its_id_never_reused(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    mark(&database, &[(0, 1), (5000, 1), (131_071, 3)]);

    database.execute("UPDATE status_lists SET opens_at = opens_at - 9000, ends_at = ends_at - 9000");

    let one = json!({ "status_lists": [uri(2)] });
    app.until_matching(LISTS, |response| response.json() == one).await;
    let gone = app.get(FIRST).await;
    assert_eq!((gone.status, gone.error().1), (404, "not_found".to_owned()));
    // Ended lists are deleted at startup, and every minute.
    let other = TestApp::spawn(database.clone()).await;
    eventually(async || database.rows("SELECT CAST(idx AS TEXT) AS text FROM access_tokens").is_empty().then_some(()))
        .await;
    let ids = "SELECT CAST(id AS TEXT) AS text FROM status_lists";
    eventually(async || (database.rows(ids) == ["2"]).then_some(())).await;
    database.execute("UPDATE status_lists SET opens_at = opens_at - 9000, ends_at = ends_at - 9000");
    let one = json!({ "status_lists": [uri(3)] });
    other.until_matching(LISTS, |response| response.json() == one).await;
}

async fn sessions_are_deleted_a_day_after_their_end(database: Database) {
    TestApp::spawn(database.clone()).await.stop().await;
    let (now, day) = (UnixTime::now().seconds(), 86_400);
    let insert = |id: &str, idle_ends_at: i64, ends_at: i64, revoked_at: &str| {
        let id = session_id(id);
        database.execute(&format!(
            "INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, \
             rotated_at, idle_ends_at, ends_at, revoked_at) \
             VALUES ('{id}', 1, '', '', 0, 0, 0, 0, 0, {idle_ends_at}, {ends_at}, {revoked_at})"
        ));
    };
    insert("live", now + day, now + day, "NULL");
    insert("just ended", now - 5, now - 5, "NULL");
    insert("just revoked", now + day, now + day, &(now - 5).to_string());
    insert("ended", now + day, now - day - 60, "NULL");
    insert("idle", now - day - 60, now + day, "NULL");
    insert("revoked", now + day, now + day, &(now - day - 60).to_string());
    for number in 0..1200 {
        if number % 400 == 0 {
            let values: Vec<_> = (number..number + 400)
                .map(|number| {
                    format!("('{}', 1, '', '', 0, 0, 0, 0, 0, 0, 0, NULL)", session_id(&format!("old {number}")))
                })
                .collect();
            database.execute(&format!("INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, rotated_at, \
                 idle_ends_at, ends_at, revoked_at) VALUES {}", values.join(", ")));
        }
    }

    let _app = TestApp::spawn(database.clone()).await;

    let left = ["just ended", "just revoked", "live"].map(session_id);
    eventually(async || (database.rows("SELECT id AS text FROM sessions ORDER BY id") == left).then_some(())).await;
}
