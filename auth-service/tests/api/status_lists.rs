//! `GET /status-lists` and `GET /status-lists/{id}`, read as the draft says and not with our own reader.

use std::io::Read;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::read::{GzDecoder, ZlibDecoder};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::{
    KeySet, KeyStore, Status, StatusEntry, StatusListToken, UnixTime,
    testing::{Answer, claims, error, eventually, send},
};

use crate::support::{Database, TestApp, and_admin, config_for, config_with_own_keys};

const JWKS: &str = "/.well-known/jwks.json";
const LISTS: &str = "/status-lists";
const FIRST: &str = "/status-lists/1";
const CAPACITY: usize = 1 << 17;

on_both_databases!(
    there_is_a_list_from_the_start_on,
    a_list_is_a_signed_token_with_room_for_all,
    statuses_stand_at_their_entries,
    all_nodes_serve_the_same_bytes,
    the_tag_changes_with_a_change_and_not_else,
    whoever_takes_gzip_gets_it_under_a_tag_of_its_own,
    many_who_ask_at_a_time_all_see_a_change,
    what_is_no_list_is_not_found,
    lists_answer_head_and_no_other_method,
    a_node_that_cannot_look_does_not_confirm_a_list,
    a_new_key_signs_the_lists_too,
    a_withdrawn_key_signs_no_list_any_more,
    a_list_is_signed_anew_before_it_grows_old,
    the_next_list_is_published_before_it_is_needed,
    an_ended_list_is_gone_and_its_number_never_comes_back,
    sessions_are_deleted_a_day_after_their_end,
    tokens_taken_back_are_refused_here_too,
    a_token_of_a_list_that_is_not_ours_is_refused,
    lists_are_told_in_the_metrics,
    full_lists_tell_every_token_that_is_taken_back,
);

async fn there_is_a_list_from_the_start_on(database: Database) {
    let app = TestApp::spawn(database).await;

    let answer = app.get(LISTS).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "status_lists": ["http://localhost:5000/status-lists/1"] }));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=2"));
    let again = app.get_with("If-None-Match", answer.header("etag").unwrap(), LISTS).await;
    assert_eq!((again.status, &*again.body), (304, ""));
}

async fn a_list_is_a_signed_token_with_room_for_all(database: Database) {
    let app = TestApp::spawn(database).await;
    let before = UnixTime::now().seconds();

    let answer = app.get(FIRST).await;

    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/statuslist+jwt")));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=2"));
    assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
    let list = read(&app, &answer.body).await;
    let kid = app.get(JWKS).await.json()["keys"][0]["kid"].take();
    assert_eq!(list.header, json!({ "alg": "RS256", "typ": "statuslist+jwt", "kid": kid }));
    let claims = &list.claims;
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("http://localhost:5000"), &json!(uri(1))));
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!((before - 60..=before).contains(&iat), "{claims}");
    assert_eq!((exp - iat, &claims["ttl"]), (3600, &json!(2)));
    assert_eq!(claims["status_list"]["bits"], 2);
    assert_eq!(list.bytes, vec![0; CAPACITY / 4]);
}

async fn statuses_stand_at_their_entries(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    mark(&database, &[(0, 1), (1, 0), (2, 3), (7, 1), (1000, 3), (131_071, 1)]);

    let list =
        eventually(async || Some(read(&app, &app.get(FIRST).await.body).await).filter(ReadList::is_marked)).await;
    let not_valid: Vec<_> =
        (0..CAPACITY).map(|idx| (idx, list.status(idx))).filter(|(_, status)| *status > 0).collect();
    assert_eq!(not_valid, [(0, 1), (2, 3), (7, 1), (1000, 3), (131_071, 1)]);
    // Byte by byte, from the least significant bit on.
    assert_eq!(list.bytes[..2], [0b0011_0001, 0b0100_0000]);
    assert_eq!((list.bytes[250], list.bytes[32_767]), (0b11, 0b0100_0000));
}

async fn all_nodes_serve_the_same_bytes(database: Database) {
    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];

    for entries in [&[(5, 1)], &[(6, 3)], &[(77_777, 1)]] {
        let before = nodes[0].get(FIRST).await.body;
        mark(&database, entries);
        let changed = join_all(nodes.iter().map(|node| node.until_it(FIRST, |answer| answer.body != before))).await;

        assert_eq!(changed[0].body, changed[1].body);
        assert_eq!(changed[0].header("etag"), changed[1].header("etag"));
    }
}

async fn the_tag_changes_with_a_change_and_not_else(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let mut tags = vec![tag(&app.get(FIRST).await)];
    for entry in [(3, 1), (4, 1), (4, 3)] {
        mark(&database, &[entry]);
        let known = tags.last().unwrap().clone();
        let changed = app.until_it(FIRST, |answer| tag(answer) != known).await;
        tags.push(tag(&changed));
        // Entries are lent and tokens issued, and nothing changes.
        database.execute("UPDATE status_lists SET lent = lent + 256, ends_at = ends_at + 1");
        insert(&database, &[(entry.0 + 100, 0)]);

        let same = app.get_with("If-None-Match", &tag(&changed), FIRST).await;

        assert_eq!((same.status, &*same.body), (304, ""));
        assert_eq!(tag(&same), tag(&changed));
        assert_eq!(same.header("cache-control"), changed.header("cache-control"));
        assert_eq!(same.header("vary"), Some("Accept-Encoding"));
    }
    let other = app.get_with("If-None-Match", &tags[0], FIRST).await;
    assert_eq!((other.status, tag(&other)), (200, tags[3].clone()));
    assert!(tags.iter().all(|tag| tag.starts_with('"')), "{tags:?} are not strong");
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

async fn whoever_takes_gzip_gets_it_under_a_tag_of_its_own(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    // Spread as chance would, and the same each time: what is regular packs into next to nothing.
    let entries: Vec<_> =
        (0..3000).map(|number: i64| (number * 43 + number.pow(3) * 48_271 % 2_147_483_647 % 43, 1)).collect();
    mark(&database, &entries);
    let plain = app.until_it(FIRST, |answer| answer.body.len() > 3000).await;
    let ask = |encodings: &str, known: &str| {
        app.request("GET", FIRST).header("Accept-Encoding", encodings).header("If-None-Match", known).send()
    };

    let zipped = ask("br;q=1, gzip;q=0.8", "\"x\"").await.unwrap();

    let header = |name: &str| zipped.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-encoding"), header("vary")), ("gzip".to_owned(), "Accept-Encoding".to_owned()));
    let etag = header("etag");
    assert_ne!(etag, tag(&plain));
    let zipped = zipped.bytes().await.unwrap();
    let mut unzipped = String::new();
    GzDecoder::new(&*zipped).read_to_string(&mut unzipped).unwrap();
    assert_eq!(unzipped, plain.body);
    assert!(zipped.len() < plain.body.len(), "{} of {}", zipped.len(), plain.body.len());
    assert_eq!(ask("gzip", &etag).await.unwrap().status(), 304);
    assert_eq!(ask("gzip", &tag(&plain)).await.unwrap().status(), 200);
    for encodings in ["identity", "gzip;q=0", "", "br", "\u{1}"] {
        if let Ok(answer) = ask(encodings, "\"x\"").await {
            assert_eq!(answer.headers().get("content-encoding"), None, "{encodings:?}");
            assert_eq!(answer.text().await.unwrap(), plain.body, "{encodings:?}");
        }
    }
}

async fn many_who_ask_at_a_time_all_see_a_change(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let before = app.get(FIRST).await.body;
    mark(&database, &[(9, 1)]);
    app.until_it(FIRST, |answer| answer.body != before).await;

    let answers = join_all((0..100).map(|_| app.get(FIRST))).await;

    for answer in answers {
        assert_eq!(answer.status, 200);
        assert_ne!(answer.body, before);
    }
}

async fn what_is_no_list_is_not_found(database: Database) {
    let app = TestApp::spawn(database).await;

    for id in ["0", "2", "-1", "01", "+1", "1.0", "x", "99999999999999999999999", "%00", "1%2F"] {
        let answer = app.get(&format!("/status-lists/{id}")).await;

        assert_eq!((answer.status, answer.error().1), (404, "not_found".to_owned()), "{id}");
    }
}

async fn lists_answer_head_and_no_other_method(database: Database) {
    let app = TestApp::spawn(database).await;
    let got = app.get(FIRST).await;

    let head = send(app.request("HEAD", FIRST)).await;
    let post = app.post(FIRST, &json!({})).await;

    assert_eq!((head.status, &*head.body, tag(&head)), (200, "", tag(&got)));
    assert_eq!((post.error().0, post.header("allow")), (405, Some("GET, HEAD")));
}

async fn a_node_that_cannot_look_does_not_confirm_a_list(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let list = app.get(FIRST).await;
    // On either database the table is gone for a while.
    database.execute("ALTER TABLE status_lists RENAME TO away");

    let refused = app.until_it(FIRST, |answer| answer.status != 200).await;
    let not_confirmed = app.get_with("If-None-Match", &tag(&list), FIRST).await;
    database.execute("ALTER TABLE away RENAME TO status_lists");
    let told = app.until(FIRST, 200).await;

    let message = "The status lists are not at hand; try again shortly";
    assert_eq!(refused.error(), error(503, "status_unavailable", message));
    assert_eq!(not_confirmed.status, 503);
    assert_eq!(told.body, list.body);
}

async fn a_new_key_signs_the_lists_too(database: Database) {
    let app = TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(&database))).await;
    let before = app.get(FIRST).await.body;
    let token = app.token_of("admin").await;

    let rotated = app.post_as(&token, "/keys/rotate", &json!({ "force": true })).await.json();
    let signed_anew = read(&app, &app.get(FIRST).await.body).await;
    mark(&database, &[(1, 1)]);
    let changed =
        eventually(async || Some(read(&app, &app.get(FIRST).await.body).await).filter(ReadList::is_marked)).await;

    let kid = rotated.get("next").or(rotated.get("current")).unwrap();
    assert_ne!(&read(&app, &before).await.header["kid"], kid);
    assert_eq!((&signed_anew.header["kid"], &changed.header["kid"]), (kid, kid));
    assert_eq!(changed.status(1), 1);
}

async fn a_withdrawn_key_signs_no_list_any_more(database: Database) {
    let app = TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(&database))).await;
    mark(&database, &[(2, 3)]);
    let before =
        eventually(async || Some(read(&app, &app.get(FIRST).await.body).await).filter(ReadList::is_marked)).await;
    let (kid, token) = (before.header["kid"].as_str().unwrap(), app.token_of("admin").await);

    let withdrawn = send(app.request("POST", &format!("/keys/{kid}/withdraw")).bearer_auth(token)).await;

    let after = read(&app, &app.get(FIRST).await.body).await;
    assert_eq!(after.header["kid"], withdrawn.json()["current"]);
    assert_eq!((after.claims, after.bytes), (before.claims, before.bytes));
}

async fn a_list_is_signed_anew_before_it_grows_old(database: Database) {
    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];
    let began = UnixTime::now().seconds();

    database.execute("UPDATE status_lists SET changed_at = changed_at - 301");

    let signed_at = eventually(async || {
        let changed_at = database.rows("SELECT CAST(changed_at AS TEXT) AS text FROM status_lists WHERE id = 1");
        changed_at[0].parse::<i64>().ok().filter(|at| *at >= began)
    });
    let signed_at = signed_at.await;
    let is_new = |answer: &Answer| payload(&answer.body)["iat"] == signed_at;
    let anew = join_all(nodes.iter().map(|node| node.until_it(FIRST, is_new))).await;
    assert_eq!(anew[0].body, anew[1].body);
    assert_eq!(read(&nodes[0], &anew[0].body).await.bytes, vec![0; CAPACITY / 4]);
}

async fn the_next_list_is_published_before_it_is_needed(database: Database) {
    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];

    database.execute("UPDATE status_lists SET lent = 65536");

    let two = json!({ "status_lists": [uri(1), uri(2)] });
    for node in &nodes {
        node.until_it(LISTS, |answer| answer.json() == two).await;
        assert_eq!(node.get("/status-lists/2").await.status, 200);
    }
    assert_eq!(database.rows("SELECT CAST(lent AS TEXT) AS text FROM status_lists ORDER BY id"), ["65536", "0"]);
    database.execute("UPDATE status_lists SET opens_at = opens_at - 3001");
    let three = json!({ "status_lists": [uri(1), uri(2), uri(3)] });
    nodes[0].until_it(LISTS, |answer| answer.json() == three).await;
}

async fn an_ended_list_is_gone_and_its_number_never_comes_back(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    mark(&database, &[(0, 1), (5000, 1), (131_071, 3)]);

    database.execute("UPDATE status_lists SET opens_at = opens_at - 9000, ends_at = ends_at - 9000");

    let one = json!({ "status_lists": [uri(2)] });
    app.until_it(LISTS, |answer| answer.json() == one).await;
    let gone = app.get(FIRST).await;
    assert_eq!((gone.status, gone.error().1), (404, "not_found".to_owned()));
    // What is over is deleted at the start, and every minute.
    let other = TestApp::spawn(database.clone()).await;
    eventually(async || database.rows("SELECT CAST(idx AS TEXT) AS text FROM access_tokens").is_empty().then_some(()))
        .await;
    let ids = "SELECT CAST(id AS TEXT) AS text FROM status_lists";
    eventually(async || (database.rows(ids) == ["2"]).then_some(())).await;
    database.execute("UPDATE status_lists SET opens_at = opens_at - 9000, ends_at = ends_at - 9000");
    let one = json!({ "status_lists": [uri(3)] });
    other.until_it(LISTS, |answer| answer.json() == one).await;
}

async fn sessions_are_deleted_a_day_after_their_end(database: Database) {
    TestApp::spawn(database.clone()).await.stop().await;
    let (now, day) = (UnixTime::now().seconds(), 86_400);
    let insert = |id: &str, idle_ends_at: i64, ends_at: i64, revoked_at: &str| {
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
                .map(|number| format!("('old {number}', 1, '', '', 0, 0, 0, 0, 0, 0, 0, NULL)"))
                .collect();
            database.execute(&format!("INSERT INTO sessions VALUES {}", values.join(", ")));
        }
    }

    let _app = TestApp::spawn(database.clone()).await;

    let left = ["just ended", "just revoked", "live"];
    eventually(async || (database.rows("SELECT id AS text FROM sessions ORDER BY id") == left).then_some(())).await;
}

async fn tokens_taken_back_are_refused_here_too(database: Database) {
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
        let refused = node.until_as(&revoked, "/me", 401).await;
        assert_eq!(refused.error(), error(401, "token_revoked", "Token has been revoked"));
        let refused = node.until_as(&stale, "/me", 401).await;
        assert_eq!(refused.error(), error(401, "claims_stale", "claims changed, refresh the token"));
        assert_eq!(node.get_as(&revoked, "/users").await.status, 401);
        assert_eq!(node.get_as(&valid, "/me").await.status, 200);
    }
}

async fn a_token_of_a_list_that_is_not_ours_is_refused(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    for token in [token_with(&app, 99, 0).await, token_with(&app, 1, CAPACITY as u64).await] {
        let answer = app.get_as(&token, "/me").await;

        assert_eq!(answer.error(), error(401, "invalid_token", "Invalid token"));
    }
}

async fn lists_are_told_in_the_metrics(database: Database) {
    let mut config = config_for(&database);
    config.issuer = "https://login.example.com".into();
    let app = TestApp::spawn_with(database.clone(), config).await;
    database.execute("UPDATE status_lists SET lent = 512");

    let figures = eventually(async || {
        let metrics = app.get("/metrics").await;
        (metrics.figure("status_list_entries_lent{}") == Some("512")).then_some(metrics)
    })
    .await;

    let figure = |name: &str| figures.figure(name).unwrap().parse::<i64>().unwrap();
    assert_eq!(figure("status_lists{}"), 1);
    assert!(figure("status_list_build_microseconds{}") > 0);
    assert!((0..20_000).contains(&figure("status_lists_age_milliseconds{}")));
}

/// A status list token taken apart as the draft says.
struct ReadList {
    header: Value,
    claims: Value,
    bytes: Vec<u8>,
}

impl ReadList {
    /// Draft-ietf-oauth-status-list, section 4.1: two bits each, from the least significant bit of each byte on.
    fn status(&self, idx: usize) -> u8 {
        self.bytes[idx / 4] >> (idx % 4 * 2) & 0b11
    }

    fn is_marked(&self) -> bool {
        self.bytes.iter().any(|byte| *byte != 0)
    }
}

/// Checks the signature with the published key of that id, and unpacks the list.
async fn read(app: &TestApp, token: &str) -> ReadList {
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
    let jwks = app.get(JWKS).await.json();
    let mut keys = jwks["keys"].as_array().unwrap().iter();
    let key = keys.find(|key| key["kid"] == header["kid"]).unwrap();
    let component = |name: &str| decode(key[name].as_str().unwrap());
    let public = RsaPublicKeyComponents { n: component("n"), e: component("e") };
    let signed = &token.as_bytes()[..parts[0].len() + 1 + parts[1].len()];
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed, &decode(parts[2])).unwrap();
    let claims = payload(token);
    let mut bytes = Vec::new();
    ZlibDecoder::new(&*decode(claims["status_list"]["lst"].as_str().unwrap())).read_to_end(&mut bytes).unwrap();
    ReadList { header, claims, bytes }
}

fn payload(token: &str) -> Value {
    serde_json::from_slice(&decode(token.split('.').nth(1).unwrap())).unwrap()
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

fn uri(id: i64) -> String {
    format!("http://localhost:5000/status-lists/{id}")
}

/// A token of `admin` with that entry.
async fn token_with(app: &TestApp, list: i64, idx: u64) -> String {
    let mut claims = claims("admin", "admin");
    claims.status = Some(Status { status_list: Some(StatusEntry { idx, uri: uri(list) }) });
    app.mint(&claims).await
}

/// Writes access tokens with these entries in the first list and these statuses, as another node does that takes them
/// back.
fn mark(database: &Database, entries: &[(i64, i64)]) {
    insert(database, entries);
    let now = UnixTime::now().seconds();
    database.execute(&format!("UPDATE status_lists SET version = version + 1, changed_at = {now} WHERE id = 1"));
}

fn insert(database: &Database, entries: &[(i64, i64)]) {
    let expires_at = UnixTime::now().seconds() + 900;
    for entries in entries.chunks(500) {
        let indexes: Vec<_> = entries.iter().map(|(idx, _)| idx.to_string()).collect();
        let values: Vec<_> =
            entries.iter().map(|(idx, status)| format!("(1, {idx}, 's', NULL, {expires_at}, {status})")).collect();
        database.execute(&format!(
            "DELETE FROM access_tokens WHERE idx IN ({}); INSERT INTO access_tokens VALUES {}",
            indexes.join(", "),
            values.join(", ")
        ));
    }
}

async fn full_lists_tell_every_token_that_is_taken_back(database: Database) {
    const LISTS_FULL: i64 = 2;
    TestApp::spawn(database.clone()).await.stop().await;
    fill_lists(&database, LISTS_FULL);
    for of in [1000, 2] {
        take_back_one_in(&database, of);
        let app = TestApp::spawn(database.clone()).await;
        let keys = KeyStore::fixed(KeySet::from_jwks(app.get(JWKS).await.body.as_bytes()).unwrap());

        let mut revoked = 0;
        for id in 1..=LISTS_FULL {
            let token = app.get(&format!("{LISTS}/{id}")).await.body;
            StatusListToken::verify(&token, &uri(id), &keys, UnixTime::now()).unwrap();
            let list = read(&app, &token).await;
            revoked += (0..CAPACITY).filter(|idx| list.status(*idx) == 1).count();
        }

        let expected = database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM access_tokens WHERE status = 1");
        assert_eq!(expected, [revoked.to_string()]);
        let before = app.get(FIRST).await.body;
        // Another entry each time: with the same bytes in the same second the list would be the same.
        mark(&database, &[(of.into(), 3)]);
        app.until_it(FIRST, |answer| answer.body != before).await;
        app.stop().await;
    }
}

/// Spread as chance would, and the same each time.
fn take_back_one_in(database: &Database, of: u32) {
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
