//! `POST /keys/rotate`, and automatic rotation.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use service_kit::testing::error;
use shared::{UnixTime, testing::kid_of};
use tokio::time::Instant;

use super::{JWKS, fetch_keys_as, kids, node, report, rotate, stages, withdraw};
use crate::support::{Database, TestApp, and_admin, config_with_own_keys};

on_both_databases!(
    a_rotation_publishes_a_next_key_and_a_second_one_activates_it,
    a_rotation_waits_for_verifiers_that_lack_the_next_key,
    a_forced_rotation_does_not_wait,
    a_forced_rotation_without_a_next_key_activates_a_new_one_at_once,
    a_key_from_the_settings_cannot_be_changed,
    keys_rotate_automatically_and_no_token_is_rejected,
);

async fn a_rotation_publishes_a_next_key_and_a_second_one_activates_it(database: Database) {
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
    fetch_keys_as(&app, "replica-1", &old_etag).await;
    fetch_keys_as(&app, "replica-2", &new_etag).await;
    fetch_keys_as(&app, "replica-3", "").await;

    let rejected = rotate(&app, false).await;
    let lacking = report(&app).await["keys"][1]["lacking"].take();
    for replica in ["replica-1", "replica-3"] {
        assert_eq!(fetch_keys_as(&app, replica, &new_etag).await.status, 304);
    }
    let done = rotate(&app, false).await;

    let message = "These verifiers lack the next key: replica-1, replica-3; set \"force\" to activate it anyway";
    assert_eq!(rejected.error(), error(409, "verifiers_lack_key", message));
    assert_eq!(lacking, json!(["replica-1", "replica-3"]));
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(kid_of(&app.token_of("admin").await), done.json()["current"]);
}

async fn a_forced_rotation_does_not_wait(database: Database) {
    let app = node(&database).await;
    let old_etag = app.get(JWKS).await.header("etag").unwrap().to_owned();
    let next = rotate(&app, false).await.json()["next"].take();
    fetch_keys_as(&app, "replica-1", &old_etag).await;

    let done = rotate(&app, true).await;

    assert_eq!((done.status, done.json()), (200, json!({ "current": next })));
}

async fn a_forced_rotation_without_a_next_key_activates_a_new_one_at_once(database: Database) {
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

async fn a_key_from_the_settings_cannot_be_changed(database: Database) {
    let app = TestApp::spawn(database).await;
    let kid = kids(&app).await.remove(0);

    for response in [rotate(&app, false).await, rotate(&app, true).await, withdraw(&app, &kid).await] {
        let message = "The signing key is set by AUTH__KEYS__PRIVATE_KEY and cannot be changed here";
        assert_eq!(response.error(), error(409, "keys_from_settings", message));
    }
    assert_eq!(stages(&report(&app).await), ["current"]);
    assert_eq!(kids(&app).await, [kid]);
}

async fn keys_rotate_automatically_and_no_token_is_rejected(database: Database) {
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
