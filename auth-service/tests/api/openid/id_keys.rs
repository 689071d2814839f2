//! The keys of ID tokens: each accompanies a key of access tokens, in the same JWKS.

use serde_json::{Value, json};
use service_kit::testing::{Response, send};
use shared::testing::kid_of;

use crate::support::{Database, TestApp, and_admin, config_for, config_with_own_keys};

on_both_databases!(
    id_keys_are_published_ahead_and_withdrawn_with_their_companions,
    the_id_key_beside_a_configured_key_survives_a_restart_and_is_shared,
    a_key_of_the_previous_release_gets_its_id_key_at_the_first_start,
    a_key_of_a_node_of_the_previous_release_gets_its_id_key_from_a_running_node,
    a_damaged_id_key_is_named,
);

const JWKS: &str = "/.well-known/jwks.json";

async fn node(database: &Database) -> TestApp {
    TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(database))).await
}

fn kids(jwks: &Value) -> Vec<&str> {
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

async fn id_keys_are_published_ahead_and_withdrawn_with_their_companions(database: Database) {
    let app = node(&database).await;
    let token = app.token_of("admin").await;
    let before = app.get(JWKS).await.json();

    let next = app.post_as(&token, "/keys/rotate", &json!({})).await.json()["next"].take();
    let ahead = app.get(JWKS).await.json();
    let path = format!("/keys/{}/withdraw", next.as_str().unwrap());
    send(app.request("POST", &path).bearer_auth(&token)).await;
    let after = app.get(JWKS).await.json();

    assert_eq!((kids(&before)[0], kids(&before).len()), (&*kid_of(&token), 2));
    let ahead = kids(&ahead);
    assert_eq!(ahead.len(), 4);
    assert!(ahead.contains(&next.as_str().unwrap()) && kids(&before).iter().all(|kid| ahead.contains(kid)));
    assert_eq!(after, before);
}

async fn the_id_key_beside_a_configured_key_survives_a_restart_and_is_shared(database: Database) {
    let before = TestApp::spawn(database.clone()).await;
    let keys = before.get(JWKS).await.json();
    before.stop().await;

    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];

    assert_eq!(kids(&keys).len(), 2);
    for node in &nodes {
        assert_eq!(node.get(JWKS).await.json(), keys);
    }
}

async fn a_key_of_the_previous_release_gets_its_id_key_at_the_first_start(database: Database) {
    let before = node(&database).await;
    let (token, jwks) = (before.token_of("admin").await, before.get(JWKS).await.json());
    before.stop().await;
    database.execute("UPDATE signing_keys SET sealed_id_key = NULL");

    let nodes = [node(&database).await, node(&database).await];

    let now = nodes[0].get(JWKS).await.json();
    assert_eq!((kids(&now).len(), kids(&now)[0]), (2, kids(&jwks)[0]));
    assert_ne!(kids(&now)[1], kids(&jwks)[1]);
    for node in &nodes {
        assert_eq!(node.get(JWKS).await.json(), now);
        assert_eq!(node.get_as(&token, "/me").await.status, 200);
    }
}

async fn a_key_of_a_node_of_the_previous_release_gets_its_id_key_from_a_running_node(database: Database) {
    let app = node(&database).await;
    let before = app.get(JWKS).await.json();

    database.execute("UPDATE signing_keys SET sealed_id_key = NULL");

    let is_new = |response: &Response| response.json() != before && kids(&response.json()).len() == 2;
    app.until_matching(JWKS, is_new).await;
}

async fn a_damaged_id_key_is_named(database: Database) {
    node(&database).await.stop().await;
    let kid = database.rows("SELECT kid AS text FROM signing_keys").remove(0);
    database.execute("UPDATE signing_keys SET sealed_id_key = 'AAAA' || substr(sealed_id_key, 5)");

    let error = auth_service::App::build(config_with_own_keys(&database)).await.map(drop).unwrap_err().to_string();

    assert!(error.starts_with(&format!("AUTH__DATABASE__URL: the key {kid}/id-token in the database is ")), "{error}");
}

#[actix_web::test]
async fn row_52_an_id_token_by_the_key_of_access_tokens_would_not_pass_either() {
    let database = Database::sqlite();
    let app = TestApp::spawn_with(database.clone(), and_admin(config_for(&database))).await;
    let claims = crate::support::payload_of(&app.token_of("admin").await);
    let kid = &app.get(JWKS).await.json()["keys"][0]["kid"];

    for typ in ["JWT", "logout+jwt", "statuslist+jwt"] {
        let header = json!({ "alg": "RS256", "typ": typ, "kid": kid });
        let token = shared::testing::mint_raw(header.to_string(), claims.to_string());

        assert_eq!(app.get_as(&token, "/me").await.code(), (401, "invalid_token"), "{typ}");
        assert_eq!(app.get_as(&token, "/userinfo").await.code(), (401, "invalid_token"), "{typ}");
    }
}
