//! A list does not pass as an access token, wherever it is shown: its key is in a key set of its own.

use serde_json::{Value, json};
use service_kit::testing::{Response, eventually};
use shared::{UnixTime, testing::kid_of};

use super::{FIRST, JWKS, LIST_JWKS, has_signed, payload, read, read_signed_by};
use crate::support::{Database, TestApp, and_admin, config_for, config_with_own_keys};

on_both_databases!(
    a_list_does_not_pass_as_an_access_token_by_its_signature_issuer_and_expiry,
    the_keys_of_lists_are_no_keys_of_tokens,
    the_keys_of_lists_are_cacheable,
    the_metadata_names_the_keys_of_lists,
    the_key_of_lists_beside_a_configured_key_survives_a_restart_and_is_shared,
    a_key_of_the_previous_release_gets_its_list_key_at_the_first_start,
    a_key_of_a_node_of_the_previous_release_gets_its_list_key_from_a_running_node,
    a_damaged_list_key_is_named,
    the_old_form_is_served_only_on_request_of_the_settings_and_not_to_those_who_ask_for_the_new_one,
);

/// What verifiers of other makes look at: a signature by any key of the JWKS, the issuer, and the expiry.
fn passes_as_access_token(token: &str, jwks: &Value) -> bool {
    let claims = payload(token);
    jwks["keys"].as_array().unwrap().iter().any(|key| has_signed(key, token))
        && claims["iss"] == "http://localhost:5000"
        && claims["exp"].as_i64().is_some_and(|exp| exp > UnixTime::now().seconds())
}

async fn node(database: &Database) -> TestApp {
    TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(database))).await
}

async fn a_list_does_not_pass_as_an_access_token_by_its_signature_issuer_and_expiry(database: Database) {
    for config in [config_for(&database), config_with_own_keys(&database)] {
        let app = TestApp::spawn_with(database.clone(), and_admin(config)).await;
        let jwks = app.get(JWKS).await.json();

        let list = app.get(FIRST).await.body;

        assert!(passes_as_access_token(&app.token_of("admin").await, &jwks), "the check accepts what it should");
        assert!(!passes_as_access_token(&list, &jwks));
        assert!(jwks["keys"].as_array().unwrap().iter().all(|key| !has_signed(key, &list)), "whatever it looks at");
        assert_eq!(payload(&list).get("iss"), None);
    }
}

async fn the_keys_of_lists_are_no_keys_of_tokens(database: Database) {
    let app = node(&database).await;

    let (jwks, list_jwks) = (app.get(JWKS).await.json(), app.get(LIST_JWKS).await.json());

    assert_eq!(list_jwks["keys"].as_array().unwrap().len(), 1);
    let key = &list_jwks["keys"][0];
    assert_eq!(key.as_object().unwrap().keys().collect::<Vec<_>>(), ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    assert_eq!(key["kid"], kid_of(&app.get(FIRST).await.body));
    let of_tokens = jwks["keys"].as_array().unwrap();
    assert!(of_tokens.iter().all(|other| other["kid"] != key["kid"] && other["n"] != key["n"]), "{jwks}");
}

async fn the_keys_of_lists_are_cacheable(database: Database) {
    let app = TestApp::spawn(database).await;

    let first = app.get(LIST_JWKS).await;
    let second = app.get_with("If-None-Match", first.header("etag").unwrap(), LIST_JWKS).await;

    assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
    assert_eq!((second.status, &*second.body), (304, ""));
}

async fn the_metadata_names_the_keys_of_lists(database: Database) {
    let app = TestApp::spawn(database).await;

    let metadata = app.get("/.well-known/oauth-authorization-server").await.json();

    assert_eq!(metadata["status_list_jwks_uri"], json!(format!("http://localhost:5000{LIST_JWKS}")));
}

async fn the_key_of_lists_beside_a_configured_key_survives_a_restart_and_is_shared(database: Database) {
    let before = TestApp::spawn(database.clone()).await;
    let keys = before.get(LIST_JWKS).await.json();
    before.stop().await;

    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];

    for node in &nodes {
        assert_eq!(node.get(LIST_JWKS).await.json(), keys);
        read(node, &node.get(FIRST).await.body).await;
    }
}

async fn a_key_of_the_previous_release_gets_its_list_key_at_the_first_start(database: Database) {
    let before = node(&database).await;
    let (token, jwks) = (before.token_of("admin").await, before.get(JWKS).await.json());
    before.stop().await;
    database.execute("UPDATE signing_keys SET sealed_list_key = NULL");

    let nodes = [node(&database).await, node(&database).await];

    let list_keys = nodes[0].get(LIST_JWKS).await.json();
    for node in &nodes {
        assert_eq!((node.get(JWKS).await.json(), node.get(LIST_JWKS).await.json()), (jwks.clone(), list_keys.clone()));
        assert_eq!(node.get_as(&token, "/me").await.status, 200);
        read(node, &node.get(FIRST).await.body).await;
    }
}

async fn a_key_of_a_node_of_the_previous_release_gets_its_list_key_from_a_running_node(database: Database) {
    let app = node(&database).await;
    let before = app.get(LIST_JWKS).await.json();

    database.execute("UPDATE signing_keys SET sealed_list_key = NULL");

    let is_new = |response: &Response| response.json() != before && response.json()["keys"] != json!([]);
    app.until_matching(LIST_JWKS, is_new).await;
    let list = eventually(async || Some(app.get(FIRST).await).filter(|response| response.status == 200)).await;
    read(&app, &list.body).await;
}

async fn a_damaged_list_key_is_named(database: Database) {
    node(&database).await.stop().await;
    let kid = database.rows("SELECT kid AS text FROM signing_keys").remove(0);
    database.execute("UPDATE signing_keys SET sealed_list_key = 'AAAA' || substr(sealed_list_key, 5)");

    let error = auth_service::App::build(config_with_own_keys(&database)).await.map(drop).unwrap_err().to_string();

    assert!(
        error.starts_with(&format!("AUTH__DATABASE__URL: the key {kid}/status-list in the database is ")),
        "{error}"
    );
}

async fn the_old_form_is_served_only_on_request_of_the_settings_and_not_to_those_who_ask_for_the_new_one(
    database: Database,
) {
    let new = "application/statuslist+jwt; aud=status-list";
    let others = ["application/statuslist+jwt", "*/*", "application/statuslist+jwt; aud=status-list; q=0", ""];
    let is_of_list_key = |response: &Response| payload(&response.body).get("aud") == Some(&json!("status-list"));
    let strict = TestApp::spawn(database.clone()).await;
    for accepted in others.iter().chain(&[new]) {
        let response = strict.get_with("Accept", accepted, FIRST).await;
        assert!(is_of_list_key(&response), "{accepted}");
        assert_eq!(response.header("vary"), Some("Accept-Encoding"));
    }

    let mut config = and_admin(config_for(&database));
    config.status_lists.old_form = true;
    let app = TestApp::spawn_with(database, config).await;
    let jwks = app.get(JWKS).await.json();

    let asked = app.get_with("Accept", new, FIRST).await;
    assert!(is_of_list_key(&asked));
    assert!(!passes_as_access_token(&asked.body, &jwks));
    assert_eq!(asked.header("vary"), Some("Accept, Accept-Encoding"));
    for accepted in others {
        let response = app.get_with("Accept", accepted, FIRST).await;

        let list = read_signed_by(&jwks, &response.body);
        assert_eq!(
            (list.claims.get("aud"), &list.claims["iss"]),
            (None, &json!("http://localhost:5000")),
            "{accepted}"
        );
        assert_eq!(response.header("vary"), Some("Accept, Accept-Encoding"));
        assert_ne!(response.header("etag"), asked.header("etag"));
    }
}
