//! The life of signing keys: `GET /keys`, `POST /keys/rotate`, `POST /keys/{kid}/withdraw`, and rotation by itself.

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use shared::{
    UnixTime, VERIFIER_HEADER,
    testing::{Answer, error, eventually, kid_of, send},
};
use tokio::time::Instant;

use crate::support::{Database, TestApp, and_admin, config_with_own_keys};

const JWKS: &str = "/.well-known/jwks.json";

on_both_databases!(
    keys_are_for_admins_only,
    the_report_says_what_each_key_does_and_who_holds_it,
    a_rotation_publishes_a_next_key_and_another_one_has_it_sign,
    a_rotation_waits_for_verifiers_that_lack_the_next_key,
    a_forced_rotation_does_not_wait,
    a_forced_rotation_without_a_next_key_has_a_new_one_sign_at_once,
    a_withdrawn_current_key_is_gone_at_once_and_another_signs,
    a_withdrawn_current_key_is_followed_by_the_next_one,
    a_withdrawn_next_key_leaves_the_current_one_without_an_end,
    a_key_that_is_not_published_cannot_be_withdrawn,
    a_key_from_the_settings_cannot_be_changed,
    keys_rotate_by_themselves_and_no_token_is_refused,
    what_one_node_changes_the_other_serves_alike,
    what_one_node_withdraws_the_other_refuses,
    rotations_at_the_same_time_leave_one_current_key,
    invented_verifiers_do_not_fill_the_table,
    a_verifier_that_is_known_is_noted_also_among_many_invented_ones,
    verifiers_that_do_not_come_back_are_forgotten,
);

async fn keys_are_for_admins_only(database: Database) {
    let app = node(&database).await;
    let user = app.token_of_new("john").await;

    for (method, path) in [("GET", "/keys"), ("POST", "/keys/rotate"), ("POST", "/keys/x/withdraw")] {
        let stranger = send(app.request(method, path).json(&json!({}))).await;
        let user = send(app.request(method, path).json(&json!({})).bearer_auth(&user)).await;

        assert_eq!(stranger.error(), error(401, "missing_token", "Missing Authorization Header"), "{path}");
        assert_eq!(user.error(), error(403, "forbidden", "Admin access required"), "{path}");
    }
    assert_eq!(kids(&app).await.len(), 1);
}

async fn the_report_says_what_each_key_does_and_who_holds_it(database: Database) {
    let app = node(&database).await;
    let kid = kids(&app).await.remove(0);
    let etag = ask_as(&app, "replica-1", "").await.header("etag").unwrap().to_owned();
    ask_as(&app, "replica-1", &etag).await;
    ask_as(&app, "replica-2", "\"invented\"").await;

    let mut report = report(&app).await;

    let now = UnixTime::now().seconds();
    for time in ["/keys/0/created_at", "/keys/0/active_from", "/verifiers/0/seen_at", "/verifiers/1/seen_at"] {
        let seconds = report.pointer_mut(time).unwrap().take().as_i64().unwrap();
        assert!((now - 60..=now).contains(&seconds), "{time}: {seconds}");
    }
    let expected = json!({
        "keys": [{
            "kid": kid, "stage": "current", "created_at": null, "active_from": null, "forget_at": null,
            "lacking": ["replica-2"],
        }],
        "verifiers": [
            { "instance": "replica-1", "seen_at": null, "holds": [kid] },
            { "instance": "replica-2", "seen_at": null, "holds": [] },
        ],
    });
    assert_eq!(report, expected);
}

async fn a_rotation_publishes_a_next_key_and_another_one_has_it_sign(database: Database) {
    let app = node(&database).await;
    let old = app.token_of("admin").await;

    let published = rotate(&app, false).await.json();
    let meanwhile = app.token_of("admin").await;
    let kids_then = kids(&app).await;
    let activated = rotate(&app, false).await.json();
    let new = app.token_of("admin").await;

    let next = published["next"].as_str().unwrap();
    let ahead = published["active_from"].as_i64().unwrap() - UnixTime::now().seconds();
    assert!((540..=600).contains(&ahead), "{published}");
    assert_eq!(BTreeSet::from_iter(kids_then), BTreeSet::from([kid_of(&old), next.to_owned()]));
    assert_eq!(kid_of(&meanwhile), kid_of(&old));
    assert_eq!(activated, json!({ "current": next }));
    assert_eq!(kid_of(&new), next);
    for token in [old, meanwhile, new] {
        assert_eq!(app.get_as(&token, "/me").await.status, 200);
    }
    assert_eq!(stages(&report(&app).await), ["previous", "current"]);
}

async fn a_rotation_waits_for_verifiers_that_lack_the_next_key(database: Database) {
    let app = node(&database).await;
    let old_etag = app.get(JWKS).await.header("etag").unwrap().to_owned();
    rotate(&app, false).await;
    let new_etag = app.get(JWKS).await.header("etag").unwrap().to_owned();
    ask_as(&app, "replica-1", &old_etag).await;
    ask_as(&app, "replica-2", &new_etag).await;
    ask_as(&app, "replica-3", "").await;

    let refused = rotate(&app, false).await;
    let lacking = report(&app).await["keys"][1]["lacking"].take();
    for replica in ["replica-1", "replica-3"] {
        assert_eq!(ask_as(&app, replica, &new_etag).await.status, 304);
    }
    let done = rotate(&app, false).await;

    let message = "These verifiers lack the next key: replica-1, replica-3; \"force\" goes on";
    assert_eq!(refused.error(), error(409, "verifiers_lack_key", message));
    assert_eq!(lacking, json!(["replica-1", "replica-3"]));
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(kid_of(&app.token_of("admin").await), done.json()["current"]);
}

async fn a_forced_rotation_does_not_wait(database: Database) {
    let app = node(&database).await;
    let old_etag = app.get(JWKS).await.header("etag").unwrap().to_owned();
    let next = rotate(&app, false).await.json()["next"].take();
    ask_as(&app, "replica-1", &old_etag).await;

    let done = rotate(&app, true).await;

    assert_eq!((done.status, done.json()), (200, json!({ "current": next })));
}

async fn a_forced_rotation_without_a_next_key_has_a_new_one_sign_at_once(database: Database) {
    let app = node(&database).await;
    let old = app.token_of("admin").await;

    let done = rotate(&app, true).await.json();

    let new = app.token_of("admin").await;
    assert_eq!(kid_of(&new), done["current"]);
    assert_ne!(kid_of(&new), kid_of(&old));
    for token in [old, new] {
        assert_eq!(app.get_as(&token, "/me").await.status, 200);
    }
}

async fn a_withdrawn_current_key_is_gone_at_once_and_another_signs(database: Database) {
    let app = node(&database).await;
    let old = app.token_of("admin").await;

    let withdrawn = withdraw(&app, &kid_of(&old)).await;

    let new = app.token_of("admin").await;
    assert_eq!((withdrawn.status, withdrawn.json()), (200, json!({ "current": kid_of(&new) })));
    assert_eq!(kids(&app).await, [kid_of(&new)]);
    assert_eq!(app.get_as(&old, "/me").await.error(), error(401, "invalid_token", "Invalid token"));
    assert_eq!(app.get_as(&new, "/me").await.status, 200);
    let mut stages = stages(&report(&app).await);
    stages.sort();
    assert_eq!(stages, ["current", "gone"]);
}

async fn a_withdrawn_current_key_is_followed_by_the_next_one(database: Database) {
    let app = node(&database).await;
    let old = app.token_of("admin").await;
    let next = rotate(&app, false).await.json()["next"].take();

    let withdrawn = withdraw(&app, &kid_of(&old)).await;

    assert_eq!((withdrawn.status, withdrawn.json()), (200, json!({ "current": next })));
    assert_eq!(json!(kids(&app).await), json!([next]));
    assert_eq!(kid_of(&app.token_of("admin").await), next);
    assert_eq!(app.get_as(&old, "/me").await.status, 401);
}

async fn a_withdrawn_next_key_leaves_the_current_one_without_an_end(database: Database) {
    let app = node(&database).await;
    let current = kids(&app).await.remove(0);
    let next = rotate(&app, false).await.json()["next"].as_str().unwrap().to_owned();
    let end_then = report(&app).await["keys"][0]["forget_at"].take();

    let withdrawn = withdraw(&app, &next).await;

    assert_eq!((withdrawn.status, withdrawn.json()), (200, json!({ "current": current })));
    assert!(end_then.is_i64(), "{end_then}");
    let key = report(&app).await["keys"][0].take();
    assert_eq!((&key["kid"], &key["stage"], &key["forget_at"]), (&json!(current), &json!("current"), &Value::Null));
    assert_eq!(kids(&app).await, [current]);
}

async fn a_key_that_is_not_published_cannot_be_withdrawn(database: Database) {
    let app = node(&database).await;
    let first = kids(&app).await.remove(0);
    withdraw(&app, &first).await;
    let second = kids(&app).await;

    for kid in ["unknown", &first] {
        let answer = withdraw(&app, kid).await;

        assert_eq!((answer.status, answer.error().1), (404, "not_found".to_owned()), "{kid}");
    }
    assert_eq!(kids(&app).await, second);
}

async fn a_key_from_the_settings_cannot_be_changed(database: Database) {
    let app = TestApp::spawn(database).await;
    let kid = kids(&app).await.remove(0);

    for answer in [rotate(&app, false).await, rotate(&app, true).await, withdraw(&app, &kid).await] {
        let message = "The signing key is given by AUTH__KEYS__PRIVATE_KEY, so it cannot be changed here";
        assert_eq!(answer.error(), error(409, "keys_from_settings", message));
    }
    assert_eq!(stages(&report(&app).await), ["current"]);
    assert_eq!(kids(&app).await, [kid]);
}

async fn keys_rotate_by_themselves_and_no_token_is_refused(database: Database) {
    let mut config = and_admin(config_with_own_keys(&database));
    (config.keys.rotate_every_secs, config.keys.publish_ahead_secs) = (2, 1);
    let app = TestApp::spawn_with(database, config).await;
    let first = app.token_of("admin").await;
    let began = Instant::now();

    let mut signed_by = vec![kid_of(&first)];
    while signed_by.len() < 3 {
        let token = app.token_of("admin").await;
        for token in [&first, &token] {
            assert_eq!(app.get_as(token, "/me").await.status, 200, "{signed_by:?}");
        }
        if !signed_by.contains(&kid_of(&token)) {
            signed_by.push(kid_of(&token));
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{signed_by:?}");
    }

    let report = report(&app).await;
    assert_eq!(stages(&report).iter().filter(|stage| *stage == "current").count(), 1, "{report}");
}

async fn what_one_node_changes_the_other_serves_alike(database: Database) {
    let (one, other) = (node(&database).await, node(&database).await);
    let old = one.token_of("admin").await;

    let next = rotate(&one, false).await.json()["next"].take();
    let here = one.get(JWKS).await;
    let there = other.until_it(JWKS, |answer| answer.body == here.body).await;
    rotate(&other, true).await;
    let new = other.token_of("admin").await;

    assert_eq!(there.header("etag"), here.header("etag"));
    assert_eq!(kid_of(&new), next);
    // The first node may not have seen the change yet; it looks before it refuses.
    for token in [&old, &new] {
        assert_eq!(one.get_as(token, "/me").await.status, 200);
    }
    eventually(async || (kid_of(&one.token_of("admin").await) == next).then_some(())).await;
    let (here, there) = (one.get(JWKS).await, other.get(JWKS).await);
    assert_eq!((&here.body, here.header("etag")), (&there.body, there.header("etag")));
}

async fn what_one_node_withdraws_the_other_refuses(database: Database) {
    let (one, other) = (node(&database).await, node(&database).await);
    let old = one.token_of("admin").await;
    assert_eq!(other.get_as(&old, "/me").await.status, 200);

    withdraw(&one, &kid_of(&old)).await;

    let refused = other.until_as(&old, "/me", 401).await;
    assert_eq!(refused.error(), error(401, "invalid_token", "Invalid token"));
    let (here, there) = (one.token_of("admin").await, other.token_of("admin").await);
    assert_eq!(kid_of(&here), kid_of(&there));
}

async fn rotations_at_the_same_time_leave_one_current_key(database: Database) {
    let nodes = [node(&database).await, node(&database).await];
    let token = nodes[0].token_of("admin").await;
    let force = json!({ "force": true });

    let rotations = (0..8).map(|number| nodes[number % 2].post_as(&token, "/keys/rotate", &force));
    let log_ins = (0..20).map(|number| nodes[number % 2].log_in("admin"));
    let (rotations, log_ins) = join(join_all(rotations), join_all(log_ins)).await;

    for answer in rotations.iter().chain(&log_ins) {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    eventually(async || (nodes[0].get(JWKS).await.body == nodes[1].get(JWKS).await.body).then_some(())).await;
    for node in &nodes {
        let mut stages = stages(&report(node).await);
        stages.retain(|stage| stage != "previous");
        assert_eq!(stages, ["current"]);
        for answer in &log_ins {
            let token = answer.json()["access_token"].take();
            assert_eq!(node.get_as(token.as_str().unwrap(), "/me").await.status, 200);
        }
    }
}

async fn invented_verifiers_do_not_fill_the_table(database: Database) {
    const BOUND: usize = 1000;
    let nodes = [node(&database).await, node(&database).await];
    note_invented_verifiers(&database, 1..=BOUND - 5);

    for number in BOUND..BOUND + 10 {
        for node in &nodes {
            let answer = ask_as(node, &format!("invented-{number}"), "").await;
            assert_eq!((answer.status, answer.body.is_empty()), (200, false));
        }
    }
    for odd in ["", &"x".repeat(101)] {
        assert_eq!(ask_as(&nodes[0], odd, "").await.status, 200);
    }

    for node in &nodes {
        report(node).await;
    }
    assert_eq!(noted_verifiers(&database), BOUND.to_string());
}

async fn a_verifier_that_is_known_is_noted_also_among_many_invented_ones(database: Database) {
    let app = node(&database).await;
    ask_as(&app, "invented-1", "").await;
    report(&app).await;
    let etag = app.get(JWKS).await.header("etag").unwrap().to_owned();
    note_invented_verifiers(&database, 2..=1000);

    ask_as(&app, "invented-1", &etag).await;

    let kid = kids(&app).await;
    assert_eq!(report(&app).await["verifiers"][0]["holds"], json!(kid));
}

async fn verifiers_that_do_not_come_back_are_forgotten(database: Database) {
    let mut config = and_admin(config_with_own_keys(&database));
    config.keys.verifier_ttl_secs = 1;
    let app = TestApp::spawn_with(database.clone(), config).await;
    rotate(&app, false).await;
    ask_as(&app, "replica-1", "").await;
    let noted = report(&app).await["verifiers"][0]["instance"].take();

    eventually(async || (report(&app).await["verifiers"] == json!([])).then_some(())).await;

    assert_eq!(noted, "replica-1");
    assert_eq!(rotate(&app, false).await.status, 200);
    ask_as(&app, "replica-2", "").await;
    report(&app).await;
    assert_eq!(noted_verifiers(&database), "1");
}

/// A node whose keys are in the database, and whose admin is `admin`.
async fn node(database: &Database) -> TestApp {
    TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(database))).await
}

async fn rotate(app: &TestApp, force: bool) -> Answer {
    let form = if force { json!({ "force": true }) } else { json!({}) };
    app.post_as(&app.token_of("admin").await, "/keys/rotate", &form).await
}

async fn withdraw(app: &TestApp, kid: &str) -> Answer {
    let token = app.token_of("admin").await;
    send(app.request("POST", &format!("/keys/{kid}/withdraw")).bearer_auth(token)).await
}

/// What `GET /keys` says.
async fn report(app: &TestApp) -> Value {
    app.get_as(&app.token_of("admin").await, "/keys").await.json()
}

fn stages(report: &Value) -> Vec<String> {
    let keys = report["keys"].as_array().unwrap().iter();
    keys.map(|key| key["stage"].as_str().unwrap().to_owned()).collect()
}

/// The ids of the published keys, in their order.
async fn kids(app: &TestApp) -> Vec<String> {
    let jwks = app.get(JWKS).await.json();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// A verifier asks for the keys; it holds the set with that tag.
async fn ask_as(app: &TestApp, instance: &str, etag: &str) -> Answer {
    send(app.request("GET", JWKS).header(VERIFIER_HEADER, instance).header("If-None-Match", etag)).await
}

/// Puts verifiers into the table as if they had just asked.
fn note_invented_verifiers(database: &Database, numbers: RangeInclusive<usize>) {
    let (first, last, now) = (numbers.start(), numbers.end(), UnixTime::now().seconds());
    database.execute(&format!(
        "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) \
         INSERT INTO verifiers (instance, etag, seen_at) SELECT 'invented-' || n, '', {now} FROM numbers"
    ));
}

fn noted_verifiers(database: &Database) -> String {
    database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM verifiers").remove(0)
}
