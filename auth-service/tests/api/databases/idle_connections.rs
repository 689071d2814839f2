//! Connections that the server ends while nobody uses them.

use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::{eventually, send};

use crate::support::{Database, PASSWORD, TestApp, and_admin, config_for};

#[actix_web::test]
async fn connections_that_the_server_ended_fail_no_request() {
    let Some(database) = Database::postgres() else { return };
    let mut config = and_admin(config_for(&database));
    config.limits.enabled = false;
    let app = TestApp::spawn_with(database.clone(), config).await;
    let login = json!({ "username": "admin", "password": PASSWORD });
    let token = app.token_of("admin").await;
    let mut failed = Vec::new();

    for _ in 0..5 {
        // Opens all connections.
        join_all((0..8).map(|_| app.get_as(&token, "/users"))).await;
        database.end_connections();
        let users = app.get_as(&token, "/users").await;
        database.end_connections();
        let logged_in = app.post("/login", &login).await;
        database.end_connections();
        let refresh_token = logged_in.json()["refresh_token"].as_str().unwrap_or_default().to_owned();
        let refreshed = send(app.request("POST", "/refresh").bearer_auth(refresh_token)).await;
        database.end_connections();
        let many = join_all((0..8).map(|_| app.get_as(&token, "/users"))).await;
        failed.extend(many.into_iter().chain([users, logged_in, refreshed]).filter(|response| response.status != 200));
    }

    assert!(failed.is_empty(), "{} of 55: {:?}", failed.len(), failed[0]);
}

#[actix_web::test]
async fn an_idle_session_timeout_fails_no_request() {
    let Some(database) = Database::postgres() else { return };
    database.execute(&format!("ALTER DATABASE {} SET idle_session_timeout = '150ms'", database.name()));
    let mut config = and_admin(config_for(&database));
    config.limits.enabled = false;
    let app = TestApp::spawn_with(database.clone(), config).await;
    let login = json!({ "username": "admin", "password": PASSWORD });
    let mut statuses = Vec::new();

    for _ in 0..4 {
        statuses.extend(join_all((0..6).map(|_| app.post("/login", &login))).await.iter().map(|login| login.status));
        // The connections of the upkeep are never idle for that long.
        eventually(async || (database.connection_count() <= 2).then_some(())).await;
    }

    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}
