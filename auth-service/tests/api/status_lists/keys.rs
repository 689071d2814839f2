//! Which key signs the lists: the companion of the one that signs access tokens.

use serde_json::{Value, json};
use service_kit::testing::{eventually, send};
use shared::testing::kid_of;

use super::{FIRST, JWKS, LIST_JWKS, ReadList, mark, read};
use crate::support::{Database, TestApp, and_admin, config_with_own_keys};

on_both_databases!(
    list_keys_are_published_ahead_and_sign_with_their_companions,
    a_withdrawn_key_takes_its_list_key_along,
    a_withdrawn_next_key_takes_its_list_key_along,
);

async fn node(database: &Database) -> TestApp {
    TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(database))).await
}

async fn kids_at(app: &TestApp, path: &str) -> Vec<String> {
    let jwks = app.get(path).await.json();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn list_kid(app: &TestApp) -> String {
    kid_of(&app.get(FIRST).await.body)
}

async fn rotate(app: &TestApp, force: bool) -> Value {
    app.post_as(&app.token_of("admin").await, "/keys/rotate", &json!({ "force": force })).await.json()
}

async fn withdraw(app: &TestApp, kid: &str) -> Value {
    let token = app.token_of("admin").await;
    send(app.request("POST", &format!("/keys/{kid}/withdraw")).bearer_auth(token)).await.json()
}

async fn list_keys_are_published_ahead_and_sign_with_their_companions(database: Database) {
    let app = node(&database).await;
    let first = kids_at(&app, LIST_JWKS).await;
    assert_eq!(first, [list_kid(&app).await]);

    rotate(&app, false).await;
    let ahead = kids_at(&app, LIST_JWKS).await;
    let still = list_kid(&app).await;
    rotate(&app, true).await;
    let reissued = read(&app, &app.get(FIRST).await.body).await;
    mark(&database, &[(1, 1)]);
    let changed =
        eventually(async || Some(read(&app, &app.get(FIRST).await.body).await).filter(ReadList::is_marked)).await;

    assert_eq!((ahead.len(), &still), (2, &first[0]));
    assert!(ahead.contains(&first[0]), "{ahead:?}");
    let new = ahead.iter().find(|kid| **kid != first[0]).unwrap();
    assert_eq!((&reissued.header["kid"], &changed.header["kid"]), (&json!(new), &json!(new)));
    assert_eq!(changed.status(1), 1);
    assert_eq!(kids_at(&app, LIST_JWKS).await, ahead, "the previous one is published on");
    assert_eq!(kids_at(&app, JWKS).await.len(), 4, "with the keys of ID tokens");
}

async fn a_withdrawn_key_takes_its_list_key_along(database: Database) {
    let app = node(&database).await;
    mark(&database, &[(2, 3)]);
    let before =
        eventually(async || Some(read(&app, &app.get(FIRST).await.body).await).filter(ReadList::is_marked)).await;

    withdraw(&app, &kids_at(&app, JWKS).await[0]).await;

    let after = read(&app, &app.get(FIRST).await.body).await;
    assert_ne!(after.header["kid"], before.header["kid"]);
    assert_eq!(json!(kids_at(&app, LIST_JWKS).await), json!([after.header["kid"]]));
    assert_eq!((after.claims, after.bytes), (before.claims, before.bytes));
}

async fn a_withdrawn_next_key_takes_its_list_key_along(database: Database) {
    let app = node(&database).await;
    let before = kids_at(&app, LIST_JWKS).await;
    let next = rotate(&app, false).await["next"].as_str().unwrap().to_owned();

    withdraw(&app, &next).await;

    assert_eq!(kids_at(&app, LIST_JWKS).await, before);
    assert_eq!(list_kid(&app).await, before[0]);
}
