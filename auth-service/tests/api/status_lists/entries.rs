//! The statuses of tokens, and tokens that are rejected because of theirs.

use futures_util::future::join_all;
use service_kit::testing::{error, eventually};
use shared::{
    UnixTime,
    claims::Status,
    keys::{JwksCache, KeySet},
    status::{StatusListForm, StatusListToken},
    testing::claims,
};

use super::{CAPACITY, FIRST, LIST_JWKS, LISTS, ReadList, mark, read, uri};
use crate::support::{Database, TestApp};

on_both_databases!(
    statuses_are_stored_at_their_entries,
    concurrent_requests_all_see_a_change,
    revoked_tokens_are_rejected_by_the_issuer_too,
    a_token_with_an_entry_in_an_unknown_list_is_rejected,
    full_lists_contain_every_revoked_token,
);

async fn statuses_are_stored_at_their_entries(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    mark(&database, &[(0, 1), (1, 0), (2, 3), (7, 1), (1000, 3), (131_071, 1)]);

    let list =
        eventually(async || Some(read(&app, &app.get(FIRST).await.body).await).filter(ReadList::is_marked)).await;
    let not_valid: Vec<_> =
        (0..CAPACITY).map(|idx| (idx, list.status(idx))).filter(|(_, status)| *status > 0).collect();
    assert_eq!(not_valid, [(0, 1), (2, 3), (7, 1), (1000, 3), (131_071, 1)]);
    // Each byte starts at its least significant bit.
    assert_eq!(list.bytes[..2], [0b0011_0001, 0b0100_0000]);
    assert_eq!((list.bytes[250], list.bytes[32_767]), (0b11, 0b0100_0000));
}

async fn concurrent_requests_all_see_a_change(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let before = app.get(FIRST).await.body;
    mark(&database, &[(9, 1)]);
    app.until_matching(FIRST, |response| response.body != before).await;

    let responses = join_all((0..100).map(|_| app.get(FIRST))).await;

    for response in responses {
        assert_eq!(response.status, 200);
        assert_ne!(response.body, before);
    }
}

async fn revoked_tokens_are_rejected_by_the_issuer_too(database: Database) {
    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];
    let (revoked, stale, valid) =
        (token_with(&nodes[0], 1, 40).await, token_with(&nodes[0], 1, 41).await, token_with(&nodes[0], 1, 42).await);
    for node in &nodes {
        for token in [&revoked, &stale, &valid] {
            assert_eq!(node.get_as(token, "/me").await.status, 200);
        }
    }

    mark(&database, &[(40, 1), (41, 3), (42, 0)]);

    for node in &nodes {
        let rejected = node.until_as(&revoked, "/me", 401).await;
        assert_eq!(rejected.code(), (401, "token_revoked"));
        let rejected = node.until_as(&stale, "/me", 401).await;
        assert_eq!(rejected.code(), (401, "claims_stale"));
        assert_eq!(node.get_as(&revoked, "/users").await.status, 401);
        assert_eq!(node.get_as(&valid, "/me").await.status, 200);
    }
}

async fn a_token_with_an_entry_in_an_unknown_list_is_rejected(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    for token in [token_with(&app, 99, 0).await, token_with(&app, 1, CAPACITY as u64).await] {
        let response = app.get_as(&token, "/me").await;

        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"));
    }
}

async fn full_lists_contain_every_revoked_token(database: Database) {
    const LISTS_FULL: i64 = 2;
    TestApp::spawn(database.clone()).await.stop().await;
    fill_lists(&database, LISTS_FULL);
    for of in [1000, 2] {
        revoke_one_in(&database, of);
        let app = TestApp::spawn(database.clone()).await;
        let keys = JwksCache::fixed(KeySet::from_jwks(app.get(LIST_JWKS).await.body.as_bytes()).unwrap());

        let mut revoked = 0;
        for id in 1..=LISTS_FULL {
            let token = app.get(&format!("{LISTS}/{id}")).await.body;
            StatusListToken::verify(&token, &uri(id), StatusListForm::OwnKeys(&keys), UnixTime::now()).unwrap();
            let list = read(&app, &token).await;
            revoked += (0..CAPACITY).filter(|idx| list.status(*idx) == 1).count();
        }

        let expected = database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM access_tokens WHERE status = 1");
        assert_eq!(expected, [revoked.to_string()]);
        let before = app.get(FIRST).await.body;
        // A different entry each time: the same bytes in the same second would make an identical list.
        mark(&database, &[(of.into(), 3)]);
        app.until_matching(FIRST, |response| response.body != before).await;
        app.stop().await;
    }
}

/// A token of `admin` with this entry.
async fn token_with(app: &TestApp, list: i64, idx: u64) -> String {
    let mut claims = claims("admin", "admin");
    claims.status = Some(Status::list_entry(uri(list), idx));
    app.mint(&claims).await
}

/// Revokes pseudo-random entries, the same in each run.
fn revoke_one_in(database: &Database, of: u32) {
    let place = "(list_id * 131072 + idx)";
    database.execute(&format!(
        "UPDATE access_tokens SET status = 1 WHERE status = 0 AND \
         {place} * {place} % 2147483647 * {place} % 2147483647 * 48271 % 2147483647 % {of} = 0; \
         UPDATE status_lists SET version = version + 1"
    ));
}

/// Lists with a live token at each entry.
fn fill_lists(database: &Database, lists: i64) {
    let now = UnixTime::now().seconds();
    database.execute(&format!(
        "DELETE FROM status_lists; UPDATE sequences SET last = {lists} WHERE name = 'status_lists'; \
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {lists}) \
         INSERT INTO status_lists SELECT n, {now}, 131072, {now} + 3600, 0, {now} FROM numbers; \
         WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 131071) \
         INSERT INTO access_tokens SELECT id, n, 'session ' || n, NULL, {now} + 900, 0 FROM status_lists, numbers"
    ));
}
