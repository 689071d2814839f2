//! `GET /health/live`, `GET /health/ready`, and the headers of every response.

use futures_util::future::join;
use serde_json::json;
use service_kit::{
    Instance,
    testing::{error, send},
};

use crate::support::{Database, TestApp, config_for};

on_both_databases!(
    a_running_node_is_live_and_ready,
    every_response_names_its_instance,
    every_response_has_a_unique_request_id,
    a_valid_request_id_is_kept,
    a_request_id_that_could_corrupt_a_log_is_replaced,
    head_gets_the_headers_of_get_without_a_body,
);

async fn a_running_node_is_live_and_ready(database: Database) {
    let app = TestApp::spawn(database).await;

    let (live, ready) = (app.get("/health/live").await, app.get("/health/ready").await);

    assert_eq!((live.status, live.json()), (200, json!({ "status": "live" })));
    assert_eq!((ready.status, ready.json()), (200, json!({ "status": "ready" })));
}

async fn every_response_names_its_instance(database: Database) {
    let mut config = config_for(&database);
    config.instance = Instance::from("auth-7".to_owned());
    let app = TestApp::spawn_with(database, config).await;

    for response in [
        app.get("/health/live").await,
        app.get("/nowhere").await,
        app.get("/me").await,
        app.get("/login").await,
        app.post("/login", &json!([])).await,
        app.log_in("nobody").await,
    ] {
        assert_eq!(response.header("x-served-by"), Some("auth-7"), "{response:?}");
    }
}

async fn every_response_has_a_unique_request_id(database: Database) {
    let app = TestApp::spawn(database).await;

    let (one, other) = (app.get("/health/live").await, app.get("/nowhere").await);

    let (one, other) = (one.header("x-request-id").unwrap(), other.header("x-request-id").unwrap());
    assert_eq!((one.len(), other.len()), (32, 32));
    assert_ne!(one, other);
}

async fn a_valid_request_id_is_kept(database: Database) {
    let app = TestApp::spawn(database).await;
    let long = "x".repeat(128);

    for id in ["7", "a-b_c.d:e", &long] {
        let response = app.get_with("X-Request-Id", id, "/health/live").await;

        assert_eq!(response.header("x-request-id"), Some(id));
    }
}

async fn a_request_id_that_could_corrupt_a_log_is_replaced(database: Database) {
    let app = TestApp::spawn(database).await;
    let long = "x".repeat(129);

    for id in ["", "a b", "a\tb", "{\"a\":1}", "ä", &long] {
        let response = app.get_with("X-Request-Id", id, "/health/live").await;

        assert_eq!(response.header("x-request-id").unwrap().len(), 32, "{id}");
    }
}

async fn head_gets_the_headers_of_get_without_a_body(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = send(app.request("HEAD", "/.well-known/jwks.json")).await;

    assert_eq!((response.status, &*response.body), (200, ""));
    assert!(response.header("etag").is_some());
}

#[actix_web::test]
async fn without_its_database_a_node_is_live_but_not_ready() {
    let Some(database) = Database::postgres() else { return };
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of("admin").await;

    database.cut_off();

    // Within a second, by what the background tasks find.
    let ready = app.until("/health/ready", 503).await;
    let live = app.get("/health/live").await;
    let (me, login) = join(app.get_as(&token, "/me"), app.log_in("admin")).await;
    assert_eq!(live.status, 200);
    assert_eq!(ready.error(), error(503, "database_unavailable", "The database is temporarily unavailable"));
    let message = "The user lookup is temporarily unavailable";
    assert_eq!(me.error(), error(503, "user_lookup_unavailable", message));
    assert_eq!(me.header("retry-after"), Some("1"));
    assert_eq!(login.status, 503, "{login:?}");
    assert_eq!(login.header("retry-after"), Some("1"));
}

#[actix_web::test]
async fn a_node_recovers_when_its_database_is_back() {
    let Some(database) = Database::postgres() else { return };
    let app = TestApp::spawn(database.clone()).await;
    database.cut_off();
    app.until("/health/ready", 503).await;

    database.accept_connections();

    app.until("/health/ready", 200).await;
    assert_eq!(app.log_in("admin").await.status, 200);
}
