//! The headers that tell browsers what not to do with a response.

use serde_json::json;

use crate::support::{Database, TestApp, config_for};

on_both_databases!(every_response_has_them, strict_transport_security_is_sent_only_if_configured,);

async fn every_response_has_them(database: Database) {
    let app = TestApp::spawn(database).await;

    for (response, status) in [
        (app.get("/health/live").await, 200),
        (app.get("/.well-known/jwks.json").await, 200),
        (app.get("/docs").await, 200),
        (app.get("/me").await, 401),
        (app.post("/login", &json!({})).await, 400),
        (app.get("/login").await, 405),
        (app.get("/nowhere").await, 404),
        (app.get(&format!("/?{}", "x".repeat(10_000))).await, 414),
    ] {
        assert_eq!(response.status, status, "{response:?}");
        response.assert_browser_rules();
        assert_eq!(response.header("strict-transport-security"), None, "{response:?}");
    }
}

async fn strict_transport_security_is_sent_only_if_configured(database: Database) {
    let mut config = config_for(&database);
    config.hsts_secs = Some(600);
    let app = TestApp::spawn_with(database, config).await;

    let response = app.get("/nowhere").await;

    assert_eq!(response.header("strict-transport-security"), Some("max-age=600"));
}
