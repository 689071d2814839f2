//! Which key signs the lists.

use serde_json::json;
use service_kit::testing::{eventually, send};

use super::{FIRST, ReadList, mark, read};
use crate::support::{Database, TestApp, and_admin, config_with_own_keys};

on_both_databases!(a_new_key_also_signs_the_lists, a_withdrawn_key_no_longer_signs_lists,);

async fn a_new_key_also_signs_the_lists(database: Database) {
    let app = TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(&database))).await;
    let before = app.get(FIRST).await.body;
    let token = app.token_of("admin").await;

    let rotated = app.post_as(&token, "/keys/rotate", &json!({ "force": true })).await.json();
    let reissued = read(&app, &app.get(FIRST).await.body).await;
    mark(&database, &[(1, 1)]);
    let changed =
        eventually(async || Some(read(&app, &app.get(FIRST).await.body).await).filter(ReadList::is_marked)).await;

    let kid = rotated.get("next").or(rotated.get("current")).unwrap();
    assert_ne!(&read(&app, &before).await.header["kid"], kid);
    assert_eq!((&reissued.header["kid"], &changed.header["kid"]), (kid, kid));
    assert_eq!(changed.status(1), 1);
}

async fn a_withdrawn_key_no_longer_signs_lists(database: Database) {
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
